import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { endChild, logTail, runningPid, startChild } from './child.ts'
import { apiServerArgs, controllerManagerArgs, etcdArgs, filesOf, type Layout } from './control-plane-args.ts'
import { freePort } from './free-port.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { type Kubectl, kubectlFor, succeed } from './kubectl.ts'
import { findPrograms, type Log, type Programs } from './programs.ts'
import { waitFor } from './wait-for.ts'

const SERVERS = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const
type Server = (typeof SERVERS)[number]

/** A running etcd, kube-apiserver and kube-controller-manager, on 127.0.0.1. */
export type ControlPlane = {
  readonly directory: string
  readonly url: string
  /** The API server's own CA, after its certificate. */
  readonly caPem: string
  /** Path of a kubeconfig of a cluster admin. */
  readonly kubeconfig: string
  readonly kubectl: Kubectl
  readonly kubectlPath: string
  /** Process ids of the servers that run. */
  readonly pids: () => Partial<Record<Server, number>>
  /** Ends the API server at once, as a crash does, and leaves it down. */
  readonly killApiServer: () => Promise<void>
  /** Ends the API server in good order, if it runs, and starts it again on the same port with the same data. */
  readonly restartApiServer: () => Promise<void>
  /** Ends etcd at once, as a crash does, and starts it again with the same data. */
  readonly restartEtcd: () => Promise<void>
  /** Copies what etcd holds, as a backup does; etcd is down for that time. */
  readonly backUp: () => Promise<Backup>
  /** Puts a backup in the place of what etcd holds, and starts the API server anew, as the manual of Kubernetes has it. */
  readonly restore: (backup: Backup) => Promise<void>
  /** Makes etcd forget all versions but the present one. */
  readonly compact: () => Promise<void>
  /** Whether the API server says that it is ready. */
  readonly isReady: () => Promise<boolean>
  /** Path of a new kubeconfig with the rights of a service account, for 24 hours (TokenRequest). */
  readonly userKubeconfig: (serviceAccount: { namespace: string; name: string }) => Promise<string>
  /** Ends all servers and removes the directory. */
  readonly stop: () => Promise<void>
}

/** The directory of a copy of etcd's data. */
export type Backup = { readonly directory: string }

/** How to start a control plane. */
export type StartOptions = {
  /** Must be empty. From `guardedDirectory` when the servers shall not outlive this process. */
  readonly directory: string
  readonly log: Log
  readonly env: NodeJS.ProcessEnv
  /**
   * Files or directories with CustomResourceDefinitions, applied before the controllers start: the garbage collector
   * looks for new kinds every 30 s only, and would not see their deletions until then.
   */
  readonly crds?: readonly string[]
  /** Whether etcd waits for the disk; tests have nothing to lose, figures have. */
  readonly durable?: boolean
}

/** What another process has to know to use a control plane: written to its directory. */
type State = Layout & { readonly token: string; readonly programs: Programs }

/**
 * Starts a control plane; takes about 6 s, and about 15 minutes more when its programs have to be built first.
 * @throws Error with the end of the log of the server that did not come up.
 */
export async function startControlPlane({ directory, log, env, crds, durable }: StartOptions): Promise<ControlPlane> {
  mkdirSync(directory, { recursive: true })
  const programs = await findPrograms(env, log)
  const token = randomBytes(24).toString('hex')
  const state = { directory, etcdPort: await freePort(), apiPort: await freePort(), token, programs, durable }
  writeSecrets(state)
  await start(state, 'etcd')
  await startApiServer(state)
  const plane = handleOf(state)
  if (crds !== undefined) await applyCrds(plane.kubectl, crds)
  await start(state, 'kube-controller-manager')
  // The service-account controller is the proof that the controllers work, and tokens need its result.
  await waitUntil(state, 'kube-controller-manager', 'default service account', () => hasDefaultAccount(plane.kubectl))
  writeFileSync(filesOf(directory).state, JSON.stringify(state), { mode: 0o600 })
  return plane
}

/** The control plane that was started in a directory, by this process or another; undefined when there is none. */
export function openControlPlane(directory: string): ControlPlane | undefined {
  const { state } = filesOf(directory)
  return existsSync(state) ? handleOf(JSON.parse(readFileSync(state, 'utf8')) as State) : undefined
}

/** Applies CustomResourceDefinitions and waits until they can be used. */
export async function applyCrds(kubectl: Kubectl, paths: readonly string[]): Promise<void> {
  const files = paths.flatMap((path) => ['-f', path])
  await succeed(kubectl, ['apply', '--server-side', '--force-conflicts', ...files])
  await succeed(kubectl, ['wait', '--for=condition=Established', '--timeout=30s', ...files])
}

function handleOf(state: State): ControlPlane {
  const { directory, programs, token } = state
  const { kubeconfig, certificate } = filesOf(directory)
  const url = urlOf(state)
  const caPem = readFileSync(certificate, 'utf8')
  writeKubeconfig(kubeconfig, { url, caPem, user: 'admin', token })
  const kubectl = kubectlFor(programs.kubectl, kubeconfig)
  return {
    directory,
    url,
    caPem,
    kubeconfig,
    kubectl,
    kubectlPath: programs.kubectl,
    pids: () => pidsOf(directory),
    killApiServer: () => endChild({ directory, name: 'kube-apiserver' }, 'SIGKILL'),
    restartApiServer: async () => {
      // With watches open it takes a minute to end by itself; 2 s are enough for it to say goodbye.
      await endChild({ directory, name: 'kube-apiserver' }, 'SIGTERM', 2000)
      await startApiServer(state)
    },
    restartEtcd: async () => {
      await endChild({ directory, name: 'etcd' }, 'SIGKILL')
      await start(state, 'etcd')
    },
    backUp: async () => {
      const backup = join(directory, `etcd-${randomBytes(4).toString('hex')}`)
      await endChild({ directory, name: 'etcd' }, 'SIGTERM')
      cpSync(filesOf(directory).data, backup, { recursive: true })
      await start(state, 'etcd')
      return { directory: backup }
    },
    restore: async (backup) => {
      await endChild({ directory, name: 'kube-apiserver' }, 'SIGKILL')
      await endChild({ directory, name: 'etcd' }, 'SIGKILL')
      rmSync(filesOf(directory).data, { recursive: true })
      cpSync(backup.directory, filesOf(directory).data, { recursive: true })
      await start(state, 'etcd')
      await startApiServer(state)
    },
    compact: () => compact(state),
    isReady: () => isReady(state),
    userKubeconfig: async ({ namespace, name }) => {
      const user = await succeed(kubectl, ['create', 'token', name, '-n', namespace, '--duration=24h'])
      const path = join(directory, `${namespace}.${name}.kubeconfig`)
      return writeKubeconfig(path, { url, caPem, user: name, token: user.trim() })
    },
    stop: () => stop(directory),
  }
}

/** Ends whatever was started in a directory, also what only half came up, and removes the directory. */
export async function stop(directory: string): Promise<void> {
  // The data is thrown away, so nobody has to be asked to finish anything.
  await Promise.all(SERVERS.map((name) => endChild({ directory, name }, 'SIGKILL')))
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

function writeSecrets({ directory, token }: State): void {
  const { serviceAccountKey, tokens } = filesOf(directory)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(serviceAccountKey, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
  writeFileSync(tokens, `${token},admin,admin,"system:masters"\n`, { mode: 0o600 })
}

async function start(state: State, name: Server): Promise<void> {
  const { directory, programs } = state
  const args = { etcd: etcdArgs, 'kube-apiserver': apiServerArgs, 'kube-controller-manager': controllerManagerArgs }
  await startChild({ name, directory, command: programs[name], args: args[name](state), cwd: directory })
}

async function startApiServer(state: State): Promise<void> {
  await start(state, 'kube-apiserver')
  await waitUntil(state, 'kube-apiserver', 'ready API server', () => isReady(state))
}

async function waitUntil(state: State, name: Server, what: string, condition: () => Promise<boolean>): Promise<void> {
  const place = { directory: state.directory, name }
  const seen = await waitFor(async () => (runningPid(place) === undefined ? 'ended' : (await condition()) && 'ready'), {
    what,
    limitMs: 60_000,
  }).catch((error: unknown) => error as Error)
  if (seen !== 'ready') throw new Error(`no ${what}: ${name} ${String(seen)}; ${logTail(place)}`)
}

const urlOf = ({ apiPort }: Layout): string => `https://127.0.0.1:${apiPort}`

const hasDefaultAccount = async (kubectl: Kubectl): Promise<boolean> =>
  (await kubectl(['get', 'serviceaccount', 'default', '-n', 'default'])).code === 0

async function compact({ etcdPort }: State): Promise<void> {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${etcdPort}/v3/kv/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  const { header } = (await ask('range', { key: btoa('/') })) as { header: { revision: string } }
  await ask('compaction', { revision: header.revision, physical: true })
}

function isReady(state: State): Promise<boolean> {
  const { certificate } = filesOf(state.directory)
  if (!existsSync(certificate)) return Promise.resolve(false)
  const options = {
    ca: readFileSync(certificate, 'utf8'),
    headers: { authorization: `Bearer ${state.token}` },
    agent: false,
    timeout: 2000,
  }
  return new Promise((resolve) => {
    const call = request(`${urlOf(state)}/readyz`, options, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    call.once('timeout', () => call.destroy())
    call.once('error', () => resolve(false))
    call.end()
  })
}

function pidsOf(directory: string): Partial<Record<Server, number>> {
  const running = SERVERS.map((name) => [name, runningPid({ directory, name })] as const)
  return Object.fromEntries(running.filter(([, pid]) => pid !== undefined))
}
