import { X509Certificate } from 'node:crypto'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import { BlockList, isIP } from 'node:net'
import type { SecureContext } from 'node:tls'
import { createSecureContext, getCACertificates, TLSSocket } from 'node:tls'

/** `kept`: any idle connection will do. `fresh`: a new one, which no server can have closed behind our back. */
export type ConnectionUse = 'kept' | 'fresh'

type AgentPair = { httpAgent: http.Agent; httpsAgent: https.Agent }
export type Agents = Record<ConnectionUse, AgentPair>

/** Sockets to one host at a time; the budget allows no more calls than that to be under way for long. */
const MAX_SOCKETS = 32

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const certificatesOf = (caBundle: string): string[] => {
  const certificates = caBundle.match(PEM_CERTIFICATE) ?? []
  try {
    return certificates.map((pem) => new X509Certificate(pem).toString())
  } catch {
    throw new TypeError('caBundle holds a certificate that cannot be read')
  }
}

/**
 * The default roots and those of the bundle. The `ca` of Node replaces its own roots, so they are added again; the
 * context is made once, because making it parses every root. Throws a TypeError when the bundle cannot be read, which
 * Node itself would leave unsaid.
 */
const trustOf = (caBundle: string): SecureContext => {
  const certificates = certificatesOf(caBundle)
  if (certificates.length === 0) throw new TypeError('caBundle holds no PEM certificate')
  return createSecureContext({ ca: [...getCACertificates('default'), ...certificates] })
}

/** Agents for both kinds of use, with TLS verification always on. */
export const createAgents = (caBundle: string | undefined): Agents => {
  const trust = caBundle === undefined ? {} : { secureContext: trustOf(caBundle) }
  const pair = (keepAlive: boolean): AgentPair => ({
    httpAgent: new http.Agent({ keepAlive, maxSockets: MAX_SOCKETS }),
    httpsAgent: new https.Agent({ keepAlive, maxSockets: MAX_SOCKETS, rejectUnauthorized: true, ...trust }),
  })
  return { kept: pair(true), fresh: pair(false) }
}

/** How far a request came. */
export type Departure = {
  /** Any part of it can have reached the server. */
  left: boolean
  /** A proxy did not open the way to the server, and its answer is what came back. */
  stoppedByProxy: boolean
  /** `host:port` of the proxy that it goes through, if any. */
  readonly proxy: string | undefined
}

const watchSocket = (departure: Departure, request: ClientRequest, socket: Socket): void => {
  const leave = (): void => {
    departure.left = true
  }
  // The agent for proxies plays the proxy's refusal of a CONNECT back on a socket that leads nowhere and has no TLS.
  if (request.protocol === 'https:' && !(socket instanceof TLSSocket)) departure.stoppedByProxy = true
  else if (request.reusedSocket) leave()
  else if (socket instanceof TLSSocket) {
    // Nothing is sent before the handshake ended and the certificate was verified. A socket that has sent its Finished
    // message (a proxy's agent may hand over such a one) is past that.
    if (socket.getFinished() !== undefined) leave()
    else socket.once('secureConnect', leave)
  } else if (socket.connecting) socket.once('connect', leave)
  else leave()
}

type NativeTransport = {
  request: (options: RequestOptions, onResponse: (response: IncomingMessage) => void) => ClientRequest
}

/** Node's own http and https for axios, which note when the request leaves. */
export const watchedTransport = (departure: Departure): NativeTransport => ({
  request: (options, onResponse) => {
    const request = (options.protocol === 'https:' ? https : http).request(options, onResponse)
    request.once('socket', (socket) => watchSocket(departure, request, socket))
    return request
  },
})

/** A proxy as axios takes it. */
export type Proxy = {
  protocol: 'http' | 'https'
  host: string
  port: number
  auth?: { username: string; password: string }
}

type Env = Readonly<Record<string, string | undefined>>

/** Lower case goes first, as for curl. An empty one is none. */
const valueOf = (env: Env, ...names: readonly string[]): string =>
  names.flatMap((name) => [env[name], env[name.toUpperCase()]]).find(Boolean) ?? ''

const isInBlock = (host: string, block: string): boolean => {
  const [network = '', bits = ''] = block.split('/')
  const [family, ofHost] = [isIP(network), isIP(host)]
  if (family === 0 || family !== ofHost || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false
  const list = new BlockList()
  list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, ofHost === 4 ? 'ipv4' : 'ipv6')
}

/** A host without the brackets of IPv6. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

type Target = { host: string; port: string }

/** Whether a name stands for a host: itself and what is below it, with a dot at its beginning only that. */
const isBelow = (host: string, name: string): boolean =>
  host === name || (isIP(host) === 0 && host.endsWith(name.startsWith('.') ? name : `.${name}`))

/** The two parts of an entry; an IPv6 address is all host where it stands without brackets. */
const partsOf = (entry: string): readonly [string, string | undefined] => {
  if (isIP(entry) === 6) return [entry, undefined]
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  return [bare(host), port]
}

/** An entry of NO_PROXY as Go and so Kubernetes read it. */
const isNamedBy = ({ host, port }: Target, entry: string): boolean => {
  if (entry === '*') return true
  const [name, wantedPort] = entry.includes('/') ? [entry, undefined] : partsOf(entry)
  if (wantedPort !== undefined && wantedPort !== port) return false
  return name.includes('/') ? isInBlock(host, name) : isBelow(host, name.replace(/^\*(?=\.)/, ''))
}

const isPassedBy = (target: Target, env: Env): boolean =>
  valueOf(env, 'no_proxy')
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
    .some((entry) => isNamedBy(target, entry))

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const parsed = (text: string): Proxy => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new TypeError('the proxy that HTTPS_PROXY or ALL_PROXY names is no http(s) URL')
  const [protocol, usual] = url.protocol === 'http:' ? (['http', 80] as const) : (['https', 443] as const)
  const { hostname, port, username, password } = url
  const auth = { username: decoded(username), password: decoded(password) }
  const isOpen = username === '' && password === ''
  return { protocol, host: bare(hostname), port: Number(port || usual), ...(isOpen ? {} : { auth }) }
}

/**
 * The proxy that the environment names for a base URL: `HTTPS_PROXY`, else `ALL_PROXY`, unless `NO_PROXY` names the host.
 * An http URL has none: a proxy would see the key. Throws a TypeError, without what may be a password, for a proxy that is
 * no http(s) URL.
 */
export const proxyFor = (base: string, env: Env): Proxy | undefined => {
  const { protocol, hostname, port } = new URL(base)
  const named = valueOf(env, 'https_proxy', 'all_proxy')
  if (protocol !== 'https:' || named === '' || isPassedBy({ host: bare(hostname), port: port || '443' }, env))
    return undefined
  return parsed(named.includes('://') ? named : `http://${named}`)
}

/** The address of a proxy, and nothing else of it. */
export const addressOf = ({ host, port }: Proxy): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
