import { type Cluster, type User, KubeConfig } from '@kubernetes/client-node'
import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import path from 'node:path'
import type { Clock } from './clock.ts'

/** How the server is verified, and the client certificate shown to it. */
export type TlsOptions = Pick<SecureContextOptions, 'ca' | 'cert' | 'key' | 'pfx' | 'passphrase'> & {
  readonly rejectUnauthorized: boolean
  readonly servername?: string
}

/** What one request needs to be let in. */
export type Credentials = {
  /** Base address without a trailing slash; it may have a path. */
  readonly server: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsOptions
  readonly proxy: string | undefined
  /** Changes whenever the address, the proxy or the TLS options do: the key of connection pools. */
  readonly endpoint: string
}

export type CredentialSource = {
  /** The credentials as read at most ten seconds ago. Rejects when a credential plugin or a file fails. */
  current: () => Promise<Credentials>
  /** Loads the configuration again, for a server that no longer accepts `refused`. */
  renew: (refused: Credentials) => Promise<Credentials>
}

// Token, CA and certificate files are swapped under a running pod. Reading them for each request would be three
// synchronous reads per call; ten seconds is far below any overlap between an old and a new credential.
const MAX_AGE_MS = 10_000

/** Reads credentials out of a kubeconfig; `load` is called again when the server refuses what it gave. */
export function createCredentialSource(load: () => KubeConfig, clock: Clock): CredentialSource {
  let config = withPlainHttp(load())
  let readAt = -Infinity
  let latest = reading()

  function reading(): Promise<Credentials> {
    readAt = clock.monotonic()
    const credentials = read(config)
    // A file may be missing for the moment in which it is swapped; the next call reads again.
    credentials.catch(() => (readAt = -Infinity))
    return credentials
  }

  function refresh(next: KubeConfig): Promise<Credentials> {
    config = next
    latest = reading()
    return latest
  }

  return {
    current: () => (clock.monotonic() - readAt < MAX_AGE_MS ? latest : refresh(config)),
    renew: async (refused) => {
      const before = latest
      const held = await before.catch(() => refused)
      // Another call may have renewed them meanwhile; one run of a credential plugin is enough for all of them.
      if (latest !== before || held !== refused) return latest
      return refresh(withPlainHttp(load()))
    },
  }
}

// There is nothing to verify without TLS, and the library refuses http servers that do not say so.
function withPlainHttp(config: KubeConfig): KubeConfig {
  config.clusters = config.clusters.map((cluster: Cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  )
  return config
}

async function read(config: KubeConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new Error('kubeconfig: no current cluster')
  const options: RequestOptions & { servername?: string; rejectUnauthorized?: boolean } = {}
  await config.applyToHTTPSOptions(options)
  const tls = tlsOptions(options)
  const server = cluster.server.replace(/\/+$/, '')
  const proxy = cluster.proxyUrl
  return { server, proxy, tls, headers: headersOf(options), endpoint: fingerprint(server, proxy, tls) }
}

function tlsOptions(options: RequestOptions): TlsOptions {
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options
  return {
    // Said explicitly, so that the environment variable which turns verification off for a whole process cannot.
    rejectUnauthorized: rejectUnauthorized ?? true,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(pfx !== undefined && { pfx }),
    ...(passphrase !== undefined && { passphrase }),
    ...(servername !== undefined && { servername }),
  }
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
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

/** What decides where the cluster is, besides an explicit path. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** Root of the service account's files; only tests move it. */
  readonly root?: string
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/**
 * Loads the first of: the path given, `KUBECONFIG`, the pod's service account, `~/.kube/config`.
 * Throws a sentence for a person when there is none. The library's own default would go on with localhost:8080
 * (`reference/typescript.md`, section 2), and an operator that talks to nobody looks alive.
 */
export function loadKubeConfig(kubeconfig: string | undefined, surroundings: Surroundings): KubeConfig {
  const config = new KubeConfig()
  const files = configFiles(kubeconfig ?? surroundings.env['KUBECONFIG'])
  if (files.length > 0) loadFiles(config, files)
  else if (isPod(surroundings)) config.loadFromCluster(surroundings.root)
  else loadFiles(config, [homeConfig(surroundings)])
  return checked(config)
}

function configFiles(value: string | undefined): string[] {
  return (value ?? '').split(path.delimiter).filter((file) => file !== '')
}

function isPod({ env, root }: Surroundings): boolean {
  return env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(`${root ?? ''}${serviceAccountToken}`)
}

function homeConfig({ home }: Surroundings): string {
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

/** A user of a kubeconfig, as far as the library leaves it out. */
type WrittenUser = { readonly name?: unknown; readonly user?: { readonly tokenFile?: unknown } | null }

/**
 * The library does not know `tokenFile`, which client-go prefers to `token` and reads again as others rotate it. It is the means
 * by which the library reads the token of a pod; a relative path begins at the kubeconfig.
 */
function withTokenFiles(users: User[], file: string): User[] {
  const { users: written = [] } = (parse(readFileSync(file, 'utf8')) ?? {}) as { users?: readonly WrittenUser[] }
  const fileOf = (name: string): unknown => written.find((entry) => entry.name === name)?.user?.tokenFile
  return users.map(({ token, ...user }) => {
    const tokenFile = fileOf(user.name)
    if (typeof tokenFile !== 'string' || tokenFile === '') return { ...user, ...(token === undefined ? {} : { token }) }
    const config = { tokenFile: path.resolve(path.dirname(file), tokenFile) }
    return { ...user, authProvider: { name: 'tokenFile', config } }
  })
}

function checked(config: KubeConfig): KubeConfig {
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new Error(`kubeconfig: context "${config.getCurrentContext()}" names no cluster that exists`)
  if (!/^https?:\/\//.test(cluster.server))
    throw new Error(`kubeconfig: server "${cluster.server}" is not http or https`)
  if (cluster.proxyUrl?.startsWith('socks')) throw new Error('kubeconfig: SOCKS proxies are not supported')
  if (!config.getCurrentUser()) throw new Error(`kubeconfig: context "${config.getCurrentContext()}" names no user`)
  return config
}
