import type { Account, AccountKind } from '../api/account.ts'
import type { AccountReason } from '../api/reasons.ts'
import { type CertCentral, CertCentralError } from '../certcentral/index.ts'
import { digest } from './digest.ts'

/**
 * Which hosts an account may name, and whether without TLS (promise P9). An entry without a port stands for port 443 over
 * https alone; one with a port, `host:8443`, for that port.
 */
export type Reach = { allowedHosts: readonly string[]; allowHttp: 'yes' | 'no' }

const USUAL_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

const portOf = ({ port, protocol }: URL): string => port || (USUAL_PORTS[protocol] ?? '')

/** The entry of --allowed-hosts that would let a URL through. */
const entryFor = (url: URL): string =>
  url.protocol === 'https:' && url.port === '' ? url.hostname : `${url.hostname}:${portOf(url)}`

/** Whether an entry lets a URL through. Both are read as URLs, so that one host has one spelling. */
const admits = (entry: string, url: URL): boolean => {
  const host = URL.parse(`https://${entry}`)
  const namesPort = /:\d+$/.test(entry)
  return host?.hostname === url.hostname && portOf(host) === portOf(url) && (namesPort || url.protocol === 'https:')
}

/** Why an account's URL may not be called, as a sentence; `undefined` where it may. */
export const unreachableBy = (url: string, { allowedHosts, allowHttp }: Reach): string | undefined => {
  const parsed = URL.parse(url)
  if (!parsed) return `${JSON.stringify(url)} is no URL`
  if (parsed.protocol !== 'https:' && (allowHttp === 'no' || parsed.protocol !== 'http:'))
    return `url ${url} is not https; the operator would have to run with --allow-http`
  if (allowedHosts.some((entry) => admits(entry, parsed))) return undefined
  const wanted = entryFor(parsed)
  return `host ${wanted} is not one of --allowed-hosts (${allowedHosts.join(', ')}); the operator would have to run with ${wanted} among them`
}

/** The name of an account in messages: kind, namespace where it has one, and name. */
export const accountName = (kind: AccountKind, namespace: string | undefined, name: string): string =>
  kind === 'DigiCertAccount' ? `${kind} ${namespace ?? ''}/${name}` : `${kind} ${name}`

/** The key of an account: `DigiCertAccount/namespace/name` or `ClusterDigiCertAccount/name`. */
export const accountKey = (kind: AccountKind, namespace: string | undefined, name: string): string =>
  kind === 'DigiCertAccount' ? `${kind}/${namespace ?? ''}/${name}` : `${kind}/${name}`

/** What {@link accountKey} was made of. */
export const partsOf = (key: string): { kind: AccountKind; namespace: string | undefined; name: string } => {
  const [kind, ...rest] = key.split('/')
  return kind === 'ClusterDigiCertAccount'
    ? { kind, namespace: undefined, name: rest.join('/') }
    : { kind: 'DigiCertAccount', namespace: rest[0], name: rest[1] ?? '' }
}

/** Host, and port where it is named, of the CertCentral of an account: order ids are of one CertCentral each. */
export const hostOf = ({ spec }: Pick<Account, 'spec'>): string | undefined => URL.parse(spec.url)?.host

/** What makes two states of an account the same to a client: a change of any of it asks for a new one. */
export const accessHash = (account: Account, apiKey: string): string =>
  digest(JSON.stringify([account.spec.url, apiKey, account.spec.caBundle, account.spec.requestsPerSecond]))

/** PEM of the further roots of an account. */
export const caBundleOf = ({ spec }: Account): { caBundle?: string } =>
  spec.caBundle === undefined ? {} : { caBundle: Buffer.from(spec.caBundle, 'base64').toString('utf8') }

export type Verdict = { ready: 'yes' | 'no'; reason: AccountReason; message: string }

/** CertCentral refuses the key, to any call. */
export const KEY_REFUSED: Verdict = {
  ready: 'no',
  reason: 'KeyRefused',
  message:
    'CertCentral refuses the API key: put a valid key into the Secret of spec.apiKeySecretRef. The operator reads it again within one poll',
}

const refused = (error: CertCentralError): Verdict => {
  if (error.kind === 'unauthorized') return KEY_REFUSED
  if (error.outcome === 'refused')
    return {
      ready: 'yes',
      reason: 'KeyAccepted',
      message: `CertCentral accepts the API key, but does not say whose it is (${error.message})`,
    }
  return { ready: 'no', reason: 'Unreachable', message: `CertCentral does not answer: ${error.message}` }
}

/** Asks CertCentral whose key it is. Every refusal in its own form but that of the key means that it takes the key. */
export const tryKey = async (client: Pick<CertCentral, 'userMe'>): Promise<Verdict> => {
  try {
    const { name, roles } = await client.userMe()
    const role = roles.length > 0 ? ` (${roles.join(', ')})` : ''
    return { ready: 'yes', reason: 'KeyAccepted', message: `The API key belongs to ${name}${role}` }
  } catch (error) {
    if (error instanceof CertCentralError) return refused(error)
    throw error
  }
}
