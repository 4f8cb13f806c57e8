import { type Cluster, type User, KubeConfig } from '@kubernetes/client-node'
import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import path from 'node:path'
import type { Clock } from './clock.ts'

/** How to verify the server, and the client certificate. */
export type TlsOptions = Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase'> & {
  readonly rejectUnauthorized: boolean
  readonly servername?: string
}

/** What one request needs to authenticate. */
export type Credentials = {
  /** Base URL without a trailing slash; may have a path. */
  readonly server: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsOptions
  readonly proxy: string | undefined
  /** A hash of the URL, the proxy and the TLS options: the key of connection pools. */
  readonly endpoint: string
}

export type CredentialSource = {
  /** The credentials, read at most ten seconds ago. Rejects when a credential plugin or a file fails. */
  current: () => Promise<Credentials>
  /** Loads the kubeconfig again, because the server rejected these credentials. */
  refresh: (rejected: Credentials) => Promise<Credentials>
}

// The kubelet replaces token, CA and certificate files of a running pod. To read them for each request would cost three
// synchronous reads; ten seconds is much less than the time in which both the old and the new credential are valid.
const MAX_CREDENTIAL_AGE_MS = 10_000

/** Reads credentials from a kubeconfig; calls `load` again when the server rejects them. */
export function createCredentialSource(load: () => KubeConfig, clock: Clock): CredentialSource {
  let config = allowPlainHttp(load())
  let readAt = -Infinity
  let latest = read()

  function read(): Promise<Credentials> {
    readAt = clock.monotonic()
    const credentials = readCredentials(config)
    // A file may be missing while it is replaced; the next call reads it again.
    credentials.catch(() => (readAt = -Infinity))
    return credentials
  }

  function readFrom(next: KubeConfig): Promise<Credentials> {
    config = next
    latest = read()
    return latest
  }

  return {
    current: () => (clock.monotonic() - readAt < MAX_CREDENTIAL_AGE_MS ? latest : readFrom(config)),
    refresh: async (rejected) => {
      const before = latest
      const current = await before.catch(() => rejected)
      // Another request may have refreshed them meanwhile; one run of a credential plugin is enough for all.
      if (latest !== before || current !== rejected) return latest
      return readFrom(allowPlainHttp(load()))
    },
  }
}

// Without TLS there is nothing to verify, and the library rejects http servers unless skipTLSVerify is set.
function allowPlainHttp(config: KubeConfig): KubeConfig {
  config.clusters = config.clusters.map((cluster: Cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  )
  return config
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new Error('kubeconfig: no current cluster')
  const options: RequestOptions & { servername?: string; rejectUnauthorized?: boolean } = {}
  await config.applyToHTTPSOptions(options)
  const tls = tlsOptionsFrom(options)
  const server = cluster.server.replace(/\/+$/, '')
  const proxy = cluster.proxyUrl
  return { server, proxy, tls, headers: headersFrom(options), endpoint: fingerprint(server, proxy, tls) }
}

function tlsOptionsFrom(options: RequestOptions): TlsOptions {
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options
  return {
    // Set explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn verification off.
    rejectUnauthorized: rejectUnauthorized ?? true,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(pfx !== undefined && { pfx }),
    ...(passphrase !== undefined && { passphrase }),
    ...(servername !== undefined && { servername }),
  }
}

function headersFrom({ headers, auth }: RequestOptions): Record<string, string> {
  const named = Object.entries(headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), String(value).trim()] as const,
  )
  const basic = typeof auth === 'string' && { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }
  return { ...Object.fromEntries(named), ...basic }
}

function fingerprint(server: string, proxy: string | undefined, tls: TlsOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([server, proxy, tls]))
    .digest('hex')
}

/** Where to look for a kubeconfig when no path is given. */
export type Environment = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Root of the service account's files; only tests set it. */
  readonly root?: string
}

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * Loads the first of: the path given, `KUBECONFIG`, the pod's service account, `~/.kube/config`.
 * Throws an Error that says what to set when there is none: the library's default is localhost:8080, which would leave
 * the operator running without a cluster.
 */
export function loadKubeConfig(kubeconfig: string | undefined, environment: Environment): KubeConfig {
  const config = new KubeConfig()
  const files = configFiles(kubeconfig ?? environment.env['KUBECONFIG'])
  if (files.length > 0) loadFiles(config, files)
  else if (isPod(environment)) config.loadFromCluster(environment.root)
  else loadFiles(config, [homeConfig(environment)])
  return validated(config)
}

function configFiles(value: string | undefined): string[] {
  return (value ?? '').split(path.delimiter).filter((file) => file !== '')
}

function isPod({ env, root }: Environment): boolean {
  return env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(`${root ?? ''}${SERVICE_ACCOUNT_TOKEN}`)
}

function homeConfig({ home }: Environment): string {
  const file = path.join(home, '.kube', 'config')
  if (existsSync(file)) return file
  throw new Error('no cluster to talk to: set --kubeconfig or KUBECONFIG, or run in a pod with a service account')
}

function loadFiles(config: KubeConfig, files: readonly string[]): void {
  for (const [index, file] of files.entries()) {
    if (!existsSync(file)) throw new Error(`kubeconfig ${file} does not exist`)
    const part = index === 0 ? config : new KubeConfig()
    part.loadFromFile(file)
    part.users = withTokenFiles(part.users, file)
    if (part !== config) config.mergeConfig(part, true)
  }
}

/** The part of a kubeconfig's user that the library does not read. */
type UserEntry = { readonly name?: unknown; readonly user?: { readonly tokenFile?: unknown } | null }

/**
 * Adds `tokenFile`, which the library does not read. As in client-go it takes precedence over `token`, is read again when
 * it changes, and a relative path starts at the kubeconfig. The auth provider is the one that reads the token of a pod.
 */
function withTokenFiles(users: User[], file: string): User[] {
  const { users: entries = [] } = (parse(readFileSync(file, 'utf8')) ?? {}) as { users?: readonly UserEntry[] }
  const fileOf = (name: string): unknown => entries.find((entry) => entry.name === name)?.user?.tokenFile
  return users.map(({ token, ...user }) => {
    const tokenFile = fileOf(user.name)
    if (typeof tokenFile !== 'string' || tokenFile === '') return { ...user, ...(token === undefined ? {} : { token }) }
    const config = { tokenFile: path.resolve(path.dirname(file), tokenFile) }
    return { ...user, authProvider: { name: 'tokenFile', config } }
  })
}

function validated(config: KubeConfig): KubeConfig {
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new Error(`kubeconfig: context "${config.getCurrentContext()}" names no cluster that exists`)
  if (!/^https?:\/\//.test(cluster.server))
    throw new Error(`kubeconfig: server "${cluster.server}" is not http or https`)
  if (cluster.proxyUrl?.startsWith('socks')) throw new Error('kubeconfig: SOCKS proxies are not supported')
  if (!config.getCurrentUser()) throw new Error(`kubeconfig: context "${config.getCurrentContext()}" names no user`)
  return config
}
