import { type KeyObject, X509Certificate, createHmac } from 'node:crypto'
import { ANNOTATIONS } from '../api/names.ts'
import type { DigiCertOrder, OrderSpec } from '../api/order.ts'
import type { Keystore } from '../api/outputs.ts'
import { keyStoreJks, trustStoreJks } from '../pki/jks.ts'
import { exportKey } from '../pki/keys.ts'
import { keyStoreP12, trustStoreP12 } from '../pki/pkcs12.ts'
import { digest } from './digest.ts'
import { type Outputs, type Secret, type SecretStore, textOf } from './secrets.ts'

/** The passwords of the keystores that a spec asks for, and what keeps one of them from being used. */
export type GivenPasswords = {
  pkcs12?: string
  jks?: string
  problem: string | undefined
  /** Of the Secrets that they were read from; another one where a password may be another. */
  version: string
}

export const NO_PASSWORDS: GivenPasswords = { problem: undefined, version: '' }

const KINDS = ['pkcs12', 'jks'] as const

type Kind = (typeof KINDS)[number]

/** Where each kind of keystore stands in the Secret, as cert-manager has it. */
const FILES: Readonly<Record<Kind, { key: string; trust: string }>> = {
  pkcs12: { key: 'keystore.p12', trust: 'truststore.p12' },
  jks: { key: 'keystore.jks', trust: 'truststore.jks' },
}

const FORMATS = { CombinedPEM: 'tls-combined.pem', DER: 'key.der' } as const

/** The entry of a truststore. */
const TRUSTED = 'ca'

/** What Java and OpenSSL both take as the password of a PKCS#12 file. */
const USABLE = /^[ -~]{1,128}$/

const wishedStore = ({ keystores }: OrderSpec, kind: Kind): Keystore | undefined => {
  const wish = keystores?.[kind]
  return wish?.create === true ? wish : undefined
}

/** Entries of the Secret beside key and certificate. */
export const entriesOf = (spec: OrderSpec): string[] => [
  ...(spec.additionalOutputFormats ?? []).map(({ type }) => FORMATS[type]),
  ...KINDS.filter((kind) => wishedStore(spec, kind)).flatMap((kind) => Object.values(FILES[kind])),
]

type Read = { password: string } | { problem: string }

const passwordOf = (secret: Secret | undefined, kind: Kind, { name, key }: Keystore['passwordSecretRef']): Read => {
  const where = `keystores.${kind}.passwordSecretRef: Secret ${name}, entry ${key},`
  const password = textOf(secret, key)
  if (password === undefined) return { problem: `${where} does not exist; create it with the password` }
  return USABLE.test(password)
    ? { password }
    : { problem: `${where} is no password of 1 to 128 printable ASCII characters (a line break at its end?)` }
}

/** Names of the Secrets that hold the passwords. */
export const passwordSecretsOf = (spec: OrderSpec): string[] =>
  KINDS.flatMap((kind) => wishedStore(spec, kind)?.passwordSecretRef.name ?? [])

/** Reads the passwords that an order's keystores need. What is said of them never holds one. */
export const readPasswords = async (
  secrets: Pick<SecretStore, 'read'>,
  { metadata, spec }: DigiCertOrder,
): Promise<GivenPasswords> => {
  const given: GivenPasswords = { ...NO_PASSWORDS }
  for (const kind of KINDS) {
    const wish = wishedStore(spec, kind)
    if (!wish) continue
    const secret = await secrets.read(metadata.namespace ?? '', wish.passwordSecretRef.name)
    const read = passwordOf(secret, kind, wish.passwordSecretRef)
    given.version += `${secret?.metadata.resourceVersion ?? 'none'} `
    if ('password' in read) given[kind] = read.password
    else given.problem ??= read.problem
  }
  return given
}

const hasWish = ({ secretTemplate, additionalOutputFormats = [], keystores }: OrderSpec): boolean =>
  secretTemplate !== undefined ||
  additionalOutputFormats.length > 0 ||
  KINDS.some((kind) => keystores?.[kind]?.create === true)

const sorted = <T>(entries: Record<string, T>): [string, T][] =>
  Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1))

/**
 * Tells whether outputs were made from this spec, these passwords and this certificate, and are whole. It is keyed with the
 * private key, so that a password cannot be guessed from it by whoever sees annotations only.
 */
const sealOf = (
  spec: OrderSpec,
  { pkcs12, jks }: GivenPasswords,
  { certificate, key, data }: { certificate: string; key: KeyObject; data: Record<string, string> },
): string => {
  const { labels = {}, annotations = {} } = spec.secretTemplate ?? {}
  const wish = [sorted(labels), sorted(annotations), spec.additionalOutputFormats ?? []]
  const stores = KINDS.map((kind) => wishedStore(spec, kind)?.alias ?? null)
  const content = [certificate, sorted(data)].map((part) => digest(JSON.stringify(part)))
  const secret = key.type === 'private' ? exportKey(key, 'PKCS8') : ''
  return createHmac('sha256', secret)
    .update(JSON.stringify([wish, stores, pkcs12 ?? null, jks ?? null, content]))
    .digest('hex')
}

const certificatesIn = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block),
  )

export type Material = { key: KeyObject; certificate: string; ca: string }

type Box = { alias: string; password: string; now: Date }

const storesOf = async (kind: Kind, box: Box, { key, certificate, ca }: Material): Promise<Record<string, Buffer>> => {
  const chain = certificatesIn(certificate)
  const [top, trusted] = [new X509Certificate(ca), { ...box, alias: TRUSTED }]
  const { key: keyFile, trust: trustFile } = FILES[kind]
  return kind === 'pkcs12'
    ? { [keyFile]: await keyStoreP12(key, chain, box), [trustFile]: await trustStoreP12(top, trusted) }
    : { [keyFile]: keyStoreJks(key, chain, box), [trustFile]: trustStoreJks(top, trusted) }
}

const formatsOf = (spec: OrderSpec, { key, certificate }: Material): Record<string, Buffer> => {
  const made = {
    CombinedPEM: () => Buffer.from(`${exportKey(key, spec.privateKey.encoding)}${certificate}`, 'utf8'),
    DER: () => key.export({ type: 'pkcs8', format: 'der' }),
  }
  return Object.fromEntries((spec.additionalOutputFormats ?? []).map(({ type }) => [FORMATS[type], made[type]()]))
}

/** Keystores whose password is missing stay as they were: whoever reads them is better off with those than with none. */
const keptStores = (spec: OrderSpec, passwords: GivenPasswords, before: Secret | undefined): Record<string, string> => {
  const missing = KINDS.filter((kind) => wishedStore(spec, kind) && passwords[kind] === undefined)
  const files = missing.flatMap((kind) => Object.values(FILES[kind]))
  return Object.fromEntries(
    files.flatMap((file) => {
      const content = before?.data?.[file]
      return content === undefined ? [] : [[file, content]]
    }),
  )
}

/** Makes what the Secret shall hold beside key and certificate. */
export const makeOutputs = async (
  spec: OrderSpec,
  passwords: GivenPasswords,
  material: Material,
  { before, now }: { before: Secret | undefined; now: Date },
): Promise<Outputs> => {
  if (!hasWish(spec)) return { labels: {}, annotations: {}, data: {} }
  const made: Record<string, Buffer>[] = [formatsOf(spec, material)]
  for (const kind of KINDS) {
    const [wish, password] = [wishedStore(spec, kind), passwords[kind]]
    if (wish && password !== undefined) made.push(await storesOf(kind, { alias: wish.alias, password, now }, material))
  }
  const fresh = Object.entries(Object.assign({}, ...made) as Record<string, Buffer>)
  const data = {
    ...keptStores(spec, passwords, before),
    ...Object.fromEntries(fresh.map(([name, content]) => [name, content.toString('base64')])),
  }
  const { labels = {}, annotations = {} } = spec.secretTemplate ?? {}
  const seal = sealOf(spec, passwords, { certificate: material.certificate, key: material.key, data })
  return { labels, annotations: { ...annotations, [ANNOTATIONS.outputs]: seal }, data }
}

const holds = (present: Readonly<Record<string, string>> | undefined, wanted: Record<string, string> = {}): boolean =>
  Object.entries(wanted).every(([name, value]) => present?.[name] === value)

/** Whether the private key stands there in the encoding that the spec asks for. */
const isEncoded = (secret: Secret, { privateKey: { encoding } }: OrderSpec): boolean =>
  (textOf(secret, 'tls.key') ?? '').startsWith('-----BEGIN PRIVATE KEY-----') === (encoding === 'PKCS8')

/** Whether a Secret that holds a good pair lacks, or has too much of, what the spec asks for beside it. */
export const areOutputsStale = (
  secret: Secret,
  spec: OrderSpec,
  passwords: GivenPasswords,
  key: KeyObject,
): boolean => {
  if (key.type === 'private' && !isEncoded(secret, spec)) return true
  const seal = secret.metadata.annotations?.[ANNOTATIONS.outputs]
  if (!hasWish(spec)) return seal !== undefined
  const { labels, annotations } = spec.secretTemplate ?? {}
  if (!holds(secret.metadata.labels, labels) || !holds(secret.metadata.annotations, annotations)) return true
  const wanted = entriesOf(spec)
  const data = Object.fromEntries(Object.entries(secret.data ?? {}).filter(([name]) => wanted.includes(name)))
  return seal !== sealOf(spec, passwords, { certificate: textOf(secret, 'tls.crt') ?? '', key, data })
}
