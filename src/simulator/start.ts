import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import type { Key } from './http/keys.ts'
import { apiPath, controlPath, createSimulatorServer } from './http/server.ts'
import { createInstance } from './instance.ts'
import { runDueEvents } from './orders/events.ts'
import { createServerIdentity } from './pki/tls.ts'
import type { SettingsPatch } from './settings.ts'

/** How a simulator is started. Everything has a default. */
export type SimulatorOptions = {
  /** `host:port`; port 0 takes a free one. Default `127.0.0.1:0`. */
  readonly listen?: string | undefined
  /** Default `http`. With `https` a CA is made, and {@link Simulator.caCertificate} is its certificate. */
  readonly protocol?: 'http' | 'https' | undefined
  /** Names and addresses of the server certificate, besides those of the loopback. */
  readonly tlsNames?: readonly string[] | undefined
  /** Default: one key, `simulator`, of an administrator. */
  readonly apiKeys?: readonly ApiKeyOptions[] | undefined
  readonly settings?: SettingsPatch | undefined
  /** Everything that happens to orders is added to this file as JSON lines. */
  readonly journalFile?: string | undefined
  /** The same seed gives the same ids. Default: by chance. */
  readonly seed?: number | undefined
  /** Real time in milliseconds; the simulated clock is this plus what the control API added. */
  readonly now?: (() => number) | undefined
}

/** An API key; the user defaults to the key's own text, the role to Administrator. */
export type ApiKeyOptions = Pick<Key, 'key'> & Partial<Omit<Key, 'key'>>

/** A simulator that listens. */
export type Simulator = {
  /** Base URL of the simulated API, such as `http://127.0.0.1:4711/services/v2`. */
  readonly url: string
  /** Base URL of the control API, such as `http://127.0.0.1:4711/simulator`. */
  readonly controlUrl: string
  /** PEM of the CA behind the server's own certificate; undefined for plain HTTP. */
  readonly caCertificate: string | undefined
  /** Cuts all connections and stops. */
  readonly close: () => Promise<void>
}

/**
 * Starts a simulator and waits until it listens.
 * @throws when the address cannot be bound, or when settings are wrong.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { protocol = 'http', settings = {}, journalFile, seed = randomInt(2 ** 32), now = Date.now } = options
  const { host, port } = parseListen(options.listen ?? '127.0.0.1:0')
  const instance = createInstance({ keys: keysOf(options.apiKeys), realNow: now, seed, settings, journalFile })
  const names = ['localhost', '127.0.0.1', '::1', ...(options.tlsNames ?? [])].filter(isNameable)
  const identity = protocol === 'https' ? createServerIdentity(instance.world.ids, Date.now(), names) : undefined
  const server = createSimulatorServer(instance, identity)
  server.listen(port, host)
  await once(server, 'listening')
  const timer = setInterval(() => runDueEvents(instance.world), 1000).unref()
  const origin = originOf(server, protocol, host)
  return {
    url: origin + apiPath,
    controlUrl: origin + controlPath,
    caCertificate: identity?.ca,
    close: async () => {
      clearInterval(timer)
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function keysOf(keys: readonly ApiKeyOptions[] = [{ key: 'simulator' }]): Key[] {
  return keys.map(({ key, name = key, user = key, roles = ['Administrator'], restriction = 'none' }) => {
    return { key, name, user, roles, restriction }
  })
}

/** @throws Error when the text is not `host:port`. */
function parseListen(listen: string): { host: string; port: number } {
  const match = /^\[?(.+?)\]?:(\d{1,5})$/.exec(listen)
  if (match === null) throw new Error(`listen must be host:port, not ${listen}`)
  return { host: match[1] ?? '', port: Number(match[2]) }
}

function isNameable(name: string): boolean {
  return !isIPv6(name) || name === '::1'
}

/** An address that a client on this machine can use, also when the server listens on all. */
function originOf(server: Server, protocol: string, host: string): string {
  const { port } = server.address() as AddressInfo
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `${protocol}://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}
