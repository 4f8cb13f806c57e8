import type { KeyObject } from 'node:crypto'
import type { DigiCertOrder } from '../api/order.ts'
import { CertCentralError } from '../certcentral/index.ts'
import { KubeError, isFailure } from '../kube/client.ts'
import { rulesOf } from '../api/products.ts'
import type { Outcome } from '../order/outcome.ts'
import { type BundleResult, describe, readBundle } from '../pki/bundle.ts'
import type { Session } from './accounts.ts'
import { type Chains, chainIn, pemOf } from './chains.ts'
import type { Recollection } from './memory.ts'
import { type GivenPasswords, makeOutputs } from './outputs.ts'
import { isKeySecretOf } from './ownership.ts'
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
  /** Where its chain may be held; `undefined` for a certificate that the Secret did not hold before. */
  kept: KeptChain | undefined
}

/** Names of the key Secrets that may have a chain beside the key, and the leaf that it must be of. */
export type KeptChain = { keySecrets: readonly string[]; sha256Fingerprint: string | undefined }

type Means = { secrets: Pick<SecretStore, 'applyTarget' | 'readLive'>; chains: Chains; now: () => Date }

/** Whether a download came to nothing that the certificate chain of the same certificate would not mend. */
const isNoDownload = (error: unknown): boolean =>
  error instanceof CertCentralError && (error.status === 404 || error.kind === 'unreadable')

/** The download, or the certificate chain (docs/certcentral.md#download) where a server does not have the former, or answers with something else. */
const download = async ({ session: { client }, certificateId }: Delivery): Promise<string> => {
  try {
    return await client.downloadCertificate(certificateId)
  } catch (error) {
    if (isNoDownload(error)) return client.certificateChain(certificateId)
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

/** Holds a chain against the keys, the newest first. */
const read = (text: string, { order, keys, names }: Delivery, now: Date): Read => {
  const purpose = rulesOf(order.spec.product).validation === 'ds' ? 'document' : 'server'
  const all = keys.map((key) => ({ key, result: readBundle(text, { key, names, purpose, now }) }))
  return all.find(({ result: { ok } }) => ok) ?? worst(all)
}

/** The chain beside the key, where an earlier write of the key Secret put it there, of the very leaf that the status knows. */
const besideKey = async (delivery: Delivery, kept: KeptChain, means: Means): Promise<Read | undefined> => {
  const { order, certificateId } = delivery
  for (const name of kept.sha256Fingerprint === undefined ? [] : kept.keySecrets) {
    const secret = await means.secrets.readLive(order.metadata.namespace ?? '', name)
    const chain = secret && isKeySecretOf(order, secret) ? chainIn(secret, certificateId) : undefined
    const found = chain === undefined ? undefined : read(chain, delivery, means.now())
    if (found?.result.ok && describe(found.result.bundle.leaf).sha256Fingerprint === kept.sha256Fingerprint)
      return found
  }
  return undefined
}

/** The chain that is held of a certificate that the Secret held before: then a repair asks CertCentral for nothing. */
const heldChain = async (delivery: Delivery, kept: KeptChain, means: Means): Promise<Read | undefined> => {
  const chain = means.chains.of(delivery.memory, delivery.certificateId)
  const found = chain === undefined ? undefined : read(chain, delivery, means.now())
  if (found?.result.ok) return found
  try {
    return await besideKey(delivery, kept, means)
  } catch (error) {
    if (error instanceof KubeError) return undefined
    throw error
  }
}

/** The chain of the certificate, held against key, names and clock: the one that is held, else what CertCentral sends. */
const findChain = async (delivery: Delivery, means: Means): Promise<Read> => {
  const held = delivery.kept && (await heldChain(delivery, delivery.kept, means))
  if (held) return held
  const fetched = read(await fetchChain(delivery), delivery, means.now())
  return isUnread(fetched) ? ((await askedAsChain(delivery, means)) ?? fetched) : fetched
}

/** Whether what came can only be half of what there is: it says nothing against the certificate. */
const isUnread = ({ result }: Read): boolean =>
  !result.ok && (result.fault === 'not-pem' || result.fault === 'chain-incomplete')

/** The certificate chain in place of a download that could not be read; `undefined` where that is no better. */
const askedAsChain = async (delivery: Delivery, means: Means): Promise<Read | undefined> => {
  try {
    const chain = await delivery.session.client.certificateChain(delivery.certificateId)
    const found = read(chain, delivery, means.now())
    return found.result.ok ? found : undefined
  } catch (error) {
    if (error instanceof CertCentralError) return undefined
    throw error
  }
}

/** What is wrong, by the key that the certificate is of where it is of one of them. */
const worst = (all: readonly Read[]): Read => {
  const [first] = all
  const ofKey = all.find(({ result }) => !result.ok && result.fault !== 'foreign-key')
  const told = ofKey ?? first
  if (!told) throw new Error('a certificate was fetched without a key to hold it against')
  return told
}

/**
 * Fetches, verifies and writes a certificate (promise P3). What does not verify is not written, and the Secret stays as
 * it was. One that the Secret held before is fetched only where its chain is held nowhere.
 *
 * @throws CertCentralError where it cannot be fetched, KubeError where the cluster does not answer
 */
export const storeCertificate = async (delivery: Delivery, means: Means): Promise<Outcome> => {
  const { order, orderId, certificateId, before, passwords, memory, kept } = delivery
  const { secrets, chains, now } = means
  const { key, result } = await findChain(delivery, means)
  if (!result.ok) return { kind: 'refused', reason: 'BadCertificate', code: result.fault, message: result.message }
  if (kept) chains.keep(memory, { certificateId, pem: pemOf(result.bundle) })
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
export const rewriteSecret = async (
  standing: Standing,
  { secrets, now }: Pick<Means, 'secrets' | 'now'>,
): Promise<Outcome> => {
  const { order, secret, passwords, key, facts, orderId } = standing
  const bundle = { certificate: textOf(secret, 'tls.crt') ?? '', ca: textOf(secret, 'ca.crt') ?? '' }
  const outputs = await makeOutputs(order.spec, passwords, { key, ...bundle }, { before: secret, now: now() })
  return written(() => secrets.applyTarget(order, { key, bundle, facts, orderId, outputs }, secret), { kind: 'done' })
}
