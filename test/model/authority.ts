import { createIds } from '../../src/simulator/ids.ts'
import { createHierarchy } from '../../src/simulator/pki/authority.ts'
import { issueLeaf } from '../../src/simulator/pki/leaf.ts'
import { certificatePem } from '../../src/simulator/pki/pem.ts'

const DAY = 86_400_000

/** The moment at which every world of the model begins. */
export const BEGINNING = Date.parse('2026-11-23T09:00:00Z')

const ids = createIds(20_261_123)
const hierarchy = createHierarchy(ids, BEGINNING)
const issuers = [hierarchy.intermediate, hierarchy.root].map(({ der }) => certificatePem(der))
const issued = new Map<string, readonly string[]>()

/** A chain, leaf first, for a public key and some names, good for 199 days; the same again for the same question. */
export const chainFor = (publicKeyDer: Uint8Array, names: readonly string[]): readonly string[] => {
  const question = `${Buffer.from(publicKeyDer).toString('base64')} ${names.join(' ')}`
  const known = issued.get(question)
  if (known) return known
  const leaf = issueLeaf(hierarchy, ids, {
    subject: { commonName: names[0] ?? '' },
    names,
    publicKeyDer,
    keyType: 'ec',
    notBefore: BEGINNING - 3_600_000,
    notAfter: BEGINNING + 199 * DAY,
    hash: 'sha256',
    purpose: 'server',
  })
  const chain = [certificatePem(leaf), ...issuers]
  issued.set(question, chain)
  return chain
}
