import { KubeConfig, type User } from '@kubernetes/client-node'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

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
 * Throws a sentence for a person when there is none. The library's own default would go on with localhost:8080,
 * and an operator that talks to nobody looks alive.
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
