import { day } from '../dates.ts'
import type { Certificate, NameProof, Order } from '../orders/model.ts'
import { allNames, covers } from '../validation/domain-names.ts'
import type { Domain, World } from '../world.ts'
import { isPublished, targetOf } from './published.ts'

/** The names of a certificate, each with its method and nothing proven. */
export function freshProofs(world: World, order: Order, certificate: Certificate): NameProof[] {
  if (order.product.validation === 'ds') return []
  return allNames(certificate.commonName, certificate.dnsNames).map((dnsName) => {
    const target = targetOf(dnsName, order.scope, order.dcvMethod)
    return { dnsName, target, domainId: domainOf(world, target).id, method: order.dcvMethod }
  })
}

/** The account's domain of that name; it is added when it is new. */
export function domainOf(world: World, name: string): Domain {
  const known = world.domains.get(name)
  if (known !== undefined) return known
  const domain = { id: world.ids.next(), name }
  world.domains.set(name, domain)
  return domain
}

/** Whether control over a name counts as proven: by this order, or for OV and EV by an earlier proof. */
export function isProven(world: World, order: Order, proof: NameProof): boolean {
  const lasts = world.settings.dcvReuseDays * day
  if (world.settings.instant || (proof.provenAt ?? -Infinity) + lasts > world.clock.now()) return true
  const reusable = order.product.validation !== 'dv' || world.settings.dvReuse
  return reusable && isOnRecord(world, proof.target)
}

/** Until when the proof of a domain may be used, if there is one. Pre-set domains never lapse. */
export function provenUntil(world: World, name: string): number | undefined {
  const provenAt = world.domains.get(name)?.provenAt
  return provenAt === undefined ? undefined : provenAt + world.settings.dcvReuseDays * day
}

function isOnRecord(world: World, target: string): boolean {
  if (world.settings.validatedDomains.some((domain) => covers(domain.toLowerCase(), target))) return true
  const above = target.split('.').map((_, skip) => target.split('.').slice(skip).join('.'))
  return above.some((name) => (provenUntil(world, name) ?? 0) > world.clock.now())
}

/** Looks for what was published for the open names, or for some of them. */
export function lookForProofs(world: World, order: Order, only?: readonly string[]): void {
  for (const proof of order.names) {
    if (proof.provenAt !== undefined || only?.includes(proof.dnsName) === false) continue
    const { random } = order
    if (random !== undefined && random.expiresAt > world.clock.now() && isPublished(world.zone, proof, random.value))
      prove(world, order, proof)
  }
}

/**
 * Takes a name as proven from now on. It goes on the account's record for OV and EV only, and not for a file on a web
 * server, which says nothing about other names.
 */
export function prove(world: World, order: Order, proof: NameProof): void {
  proof.provenAt = world.clock.now()
  const reusable = order.product.validation !== 'dv' || world.settings.dvReuse
  if (reusable && proof.method !== 'http-token') domainOf(world, proof.target).provenAt = proof.provenAt
}
