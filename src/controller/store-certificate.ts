import type { KeyObject } from 'node:crypto'
import type { DigiCertOrder } from '../api/order.ts'
import { CertCentralError } from '../certcentral/index.ts'
import { isFailure } from '../kube/client.ts'
import { rulesOf } from '../api/products.ts'
import type { Outcome } from '../order/outcome.ts'
import { type BundleResult, describe, readBundle } from '../pki/bundle.ts'
import type { Session } from './accounts.ts'
import type { Recollection } from './memory.ts'
import { type GivenPasswords, makeOutputs } from './outputs.ts'
import { type Pair, type Secret, type SecretStore, refusedByCluster, textOf } from './secrets.ts'

export type Delivery = {
  session: Session
  order: DigiCertOrder
  orderId: number
  certificateId: number
  /** Keys that the certificate may be of, the newest first. */
  keys: readonly KeyObject[]
  names: readonly string[]
  /** The target Secret as it is. */
  before: Secret | undefined
  passwords: GivenPasswords
  memory: Recollection
}

type Means = { secrets: Pick<SecretStore, 'applyTarget'>; now: () => Date }

/** The download, or the page "Certificate chain" (seeds/ 003) where a server does not have the former. */
const download = async ({ session: { client }, certificateId }: Delivery): Promise<string> => {
  try {
    return await client.downloadCertificate(certificateId)
  } catch (error) {
    if (error instanceof CertCentralError && error.status === 404) return client.certificateChain(certificateId)
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

type Read = { key: KeyObject; result: BundleResult }

/** What is wrong, by the key that the certificate is of where it is of one of them. */
const worst = (read: readonly Read[]): Read => {
  const [first] = read
  const ofKey = read.find(({ result }) => !result.ok && result.fault !== 'foreign-key')
  const told = ofKey ?? first
  if (!told) throw new Error('a certificate was fetched without a key to hold it against')
  return told
}

/**
 * Fetches, verifies and writes a certificate (promise P3). What does not verify is not written, and the Secret stays as
 * it was.
 *
 * @throws CertCentralError where it cannot be fetched, KubeError where the cluster does not answer
 */
export const storeCertificate = async (delivery: Delivery, { secrets, now }: Means): Promise<Outcome> => {
  const { order, orderId, certificateId, keys, names, before, passwords } = delivery
  const text = await fetchChain(delivery)
  const purpose = rulesOf(order.spec.product).validation === 'ds' ? 'document' : 'server'
  const read = keys.map((key) => ({ key, result: readBundle(text, { key, names, purpose, now: now() }) }))
  const { key, result } = read.find(({ result: { ok } }) => ok) ?? worst(read)
  if (!result.ok) return { kind: 'refused', reason: 'BadCertificate', code: result.fault, message: result.message }
  const facts = { id: certificateId, ...describe(result.bundle.leaf) }
  const outputs = await makeOutputs(order.spec, passwords, { key, ...result.bundle }, { before, now: now() })
  const pair = { key, bundle: result.bundle, facts, orderId, outputs }
  return written(() => secrets.applyTarget(order, pair, before), { kind: 'stored', certificate: facts, orderId })
}

const written = async (write: () => Promise<unknown>, done: Outcome): Promise<Outcome> => {
  try {
    await write()
    return done
  } catch (error) {
    if (isFailure(error, 'conflict')) return { kind: 'conflict' }
    return refusedByCluster(error)
  }
}

/** A good pair as it stands in its Secret. */
type Standing = Pick<Pair, 'key' | 'facts' | 'orderId'> & {
  order: DigiCertOrder
  secret: Secret
  passwords: GivenPasswords
}

/** Writes the Secret of a good pair anew with what the spec wants beside it. Nobody is asked for the certificate. */
export const rewriteSecret = async (standing: Standing, { secrets, now }: Means): Promise<Outcome> => {
  const { order, secret, passwords, key, facts, orderId } = standing
  const bundle = { certificate: textOf(secret, 'tls.crt') ?? '', ca: textOf(secret, 'ca.crt') ?? '' }
  const outputs = await makeOutputs(order.spec, passwords, { key, ...bundle }, { before: secret, now: now() })
  return written(() => secrets.applyTarget(order, { key, bundle, facts, orderId, outputs }, secret), { kind: 'done' })
}
