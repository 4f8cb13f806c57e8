import type { KeyObject } from 'node:crypto'
import type { DigiCertOrder } from '../api/order.ts'
import { CertCentralError } from '../certcentral/index.ts'
import { isFailure } from '../kube/client.ts'
import { rulesOf } from '../api/products.ts'
import { wireNames } from '../order/names.ts'
import type { Outcome } from '../order/outcome.ts'
import { describe, readBundle } from '../pki/bundle.ts'
import type { Session } from './accounts.ts'
import type { Recollection } from './memory.ts'
import { type SecretStore, refusedByCluster } from './secrets.ts'

export type Delivery = {
  session: Session
  order: DigiCertOrder
  orderId: number
  certificateId: number
  key: KeyObject
  target: 'free' | 'ours'
  memory: Recollection
}

type Means = { secrets: Pick<SecretStore, 'applyTarget'>; now: () => Date }

/** The download, or the page "Certificate chain" (seeds/ 003) where a server does not have the former. */
const download = async ({ session: { client }, certificateId }: Delivery): Promise<string> => {
  try {
    return await client.downloadCertificate(certificateId)
  } catch (error) {
    if (error instanceof CertCentralError && error.kind === 'not-found') return client.certificateChain(certificateId)
    throw error
  }
}

/** The chain that came with the answer, else a download. A chain that was used is not used twice: it may be bad. */
const fetchChain = async (delivery: Delivery): Promise<string> => {
  const { certificateId, memory } = delivery
  const { chain } = memory
  memory.chain = undefined
  return chain?.certificateId === certificateId ? chain.pem : download(delivery)
}

/**
 * Fetches, verifies and writes a certificate (promise P3). What does not verify is not written, and the Secret stays as
 * it was.
 *
 * @throws CertCentralError where it cannot be fetched, KubeError where the cluster does not answer
 */
export const storeCertificate = async (delivery: Delivery, { secrets, now }: Means): Promise<Outcome> => {
  const { order, orderId, certificateId, key, target } = delivery
  const text = await fetchChain(delivery)
  const names = wireNames(order.spec.commonName, order.spec.dnsNames)
  const purpose = rulesOf(order.spec.product).validation === 'ds' ? 'document' : 'server'
  const result = readBundle(text, { key, names, purpose, now: now() })
  if (!result.ok) return { kind: 'refused', reason: 'BadCertificate', code: result.fault, message: result.message }
  const facts = { id: certificateId, ...describe(result.bundle.leaf) }
  try {
    await secrets.applyTarget(order, { key, bundle: result.bundle, facts, orderId }, target)
    return { kind: 'stored', certificate: facts }
  } catch (error) {
    if (isFailure(error, 'conflict')) return { kind: 'conflict' }
    return refusedByCluster(error)
  }
}
