import { LRUCache } from 'lru-cache'
import { KEY_SECRET_TYPE } from '../api/names.ts'
import type { Bundle } from '../pki/bundle.ts'
import type { Recollection } from './memory.ts'
import type { Observation } from '../order/observation.ts'
import { type Secret, textOf } from './secrets.ts'

/** A certificate with its chain, in PEM. It is public, and verified on every use as a download is. */
export type Chain = { certificateId: number; pem: string }

/** Chains that are held for Secrets that were repaired; more than are fought over at a time. */
const MOST_CHAINS = 256

/** Chains of the Secrets that were repaired last, so that a repair asks CertCentral for nothing. Orders at rest have none. */
export type Chains = {
  of: (order: Recollection, certificateId: number) => string | undefined
  keep: (order: Recollection, chain: Chain) => void
}

export const createChains = (): Chains => {
  const chains = new LRUCache<Recollection, Chain>({ max: MOST_CHAINS })
  return {
    of: (order, certificateId) => {
      const chain = chains.get(order)
      return chain?.certificateId === certificateId ? chain.pem : undefined
    },
    keep: (order, chain) => void chains.set(order, chain),
  }
}

const PREFIX = 'chain-'

const entryOf = (certificateId: number): string => `${PREFIX}${String(certificateId)}.pem`

/** Leaf, intermediates and the root, where there was one. */
export const pemOf = ({ certificate, ca }: Pick<Bundle, 'certificate' | 'ca'>): string =>
  certificate.endsWith(ca) ? certificate : `${certificate}${ca}`

/** The chain in a target Secret that holds what was written, to be put beside the key. */
export const storedChain = (secret: Secret | undefined, { stored }: Pick<Observation, 'stored'>): Chain | undefined => {
  const certificateId = stored?.harmed === undefined ? stored?.facts.id : undefined
  if (certificateId === undefined) return undefined
  return {
    certificateId,
    pem: pemOf({ certificate: textOf(secret, 'tls.crt') ?? '', ca: textOf(secret, 'ca.crt') ?? '' }),
  }
}

/** The chain of a certificate that a key Secret keeps beside the key. */
export const chainIn = (secret: Secret | undefined, certificateId: number): string | undefined =>
  textOf(secret, entryOf(certificateId))

/** Data of a key Secret, in base64, with this chain and no other; without one where none is given. */
export const withChain = (
  data: Readonly<Record<string, string>>,
  chain: Chain | undefined,
): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(data).filter(([name]) => !name.startsWith(PREFIX))),
  ...(chain ? { [entryOf(chain.certificateId)]: Buffer.from(chain.pem, 'utf8').toString('base64') } : {}),
})

/** A Secret as the cache holds it: the chain beside a key is read from the API server when it is needed, and takes no memory. */
export const withoutChain = (secret: Secret): Secret =>
  secret.type === KEY_SECRET_TYPE && Object.keys(secret.data ?? {}).some((name) => name.startsWith(PREFIX))
    ? { ...secret, data: withChain(secret.data ?? {}, undefined) }
    : secret
