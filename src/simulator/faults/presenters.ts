import { day } from '../dates.ts'
import { refusal } from '../http/api-error.ts'
import type { Presenter } from '../http/answer.ts'
import { leafRequest } from '../orders/issue.ts'
import type { Certificate, Order } from '../orders/model.ts'
import { newKey, spki } from '../pki/authority.ts'
import { chainOf, type Link } from '../pki/chain.ts'
import { issueLeaf, type LeafRequest } from '../pki/leaf.ts'
import { toPem } from '../pki/pem.ts'
import type { World } from '../world.ts'
import type { FaultRule } from './rules.ts'

/** Shows chains as they are, or spoilt as a fault rule asks. What is stored stays as it is. */
export function presenterFor(world: World, rule: FaultRule | undefined): Presenter {
  const spoil = rule === undefined ? undefined : spoilers[rule.action]
  return (order, certificate) => (spoil === undefined ? truth(world, certificate) : spoil(world, order, certificate))
}

type Spoiler = (world: World, order: Order, certificate: Certificate) => Link[]

const spoilers: Readonly<Partial<Record<FaultRule['action'], Spoiler>>> = {
  'garbage-pem': (world, _, certificate) =>
    truth(world, certificate).map((link) =>
      link.role === 'leaf' ? { ...link, pem: toPem('CERTIFICATE', Buffer.from('this is not a certificate')) } : link,
    ),
  'shuffled-chain': (world, _, certificate) => truth(world, certificate).reverse(),
  'no-intermediate': (world, _, certificate) => truth(world, certificate).filter(({ role }) => role !== 'intermediate'),
  'foreign-key': another(() => ({ publicKeyDer: spki(newKey().publicKey), keyType: 'ec' })),
  'wrong-certificate': another(() => ({
    subject: { commonName: 'another-owner.example.net' },
    names: ['another-owner.example.net'],
  })),
  'missing-names': another(({ names }) => ({
    names: names.length > 1 ? names.slice(0, 1) : [`other.${names[0] ?? ''}`],
  })),
  'expired-certificate': another((_, world) => ({
    notBefore: world.clock.now() - 200 * day,
    notAfter: world.clock.now() - day,
  })),
}

/** A certificate that differs in some point from the one that was issued. */
function another(change: (truth: LeafRequest, world: World) => Partial<LeafRequest>): Spoiler {
  return (world, order, certificate) => {
    const request = leafRequest(world, order, certificate)
    const changed = { ...request, ...change(request, world) }
    const der = issueLeaf(world.hierarchy, world.ids, changed)
    return chainOf(world.hierarchy, { commonName: changed.subject.commonName, der })
  }
}

function truth(world: World, certificate: Certificate): Link[] {
  if (certificate.issued === undefined) throw refusal(500, 'internal_error', 'The certificate is not issued.')
  return chainOf(world.hierarchy, { commonName: certificate.commonName, der: certificate.issued.der })
}
