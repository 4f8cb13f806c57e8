import type { Cluster, KubeConfig } from '@kubernetes/client-node'
import { createHash } from 'node:crypto'
import type { RequestOptions } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
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
