import { X509Certificate } from 'node:crypto'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
import { BlockList, isIP } from 'node:net'
import type { SecureContext } from 'node:tls'
import { createSecureContext, getCACertificates, TLSSocket } from 'node:tls'

/** `keepAlive` reuses an idle connection. `new` opens one: the server may have just closed an idle one. */
export type ConnectionUse = 'keepAlive' | 'new'

type AgentPair = { httpAgent: http.Agent; httpsAgent: https.Agent }
export type Agents = Record<ConnectionUse, AgentPair>

/** Sockets to one host at a time; the rate limiter does not let more calls run for long. */
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
 * Trusts the default roots and those of the bundle. Node's `ca` replaces the default roots, so they are added again. The
 * context is created once, because that parses every root. Throws a TypeError when the bundle cannot be read, which Node
 * would ignore.
 */
const createTrust = (caBundle: string): SecureContext => {
  const certificates = certificatesOf(caBundle)
  if (certificates.length === 0) throw new TypeError('caBundle holds no PEM certificate')
  return createSecureContext({ ca: [...getCACertificates('default'), ...certificates] })
}

/** Creates agents for both uses, with TLS verification always on. */
export const createAgents = (caBundle: string | undefined): Agents => {
  const trust = caBundle === undefined ? {} : { secureContext: createTrust(caBundle) }
  const pair = (keepAlive: boolean): AgentPair => ({
    httpAgent: new http.Agent({ keepAlive, maxSockets: MAX_SOCKETS }),
    httpsAgent: new https.Agent({ keepAlive, maxSockets: MAX_SOCKETS, rejectUnauthorized: true, ...trust }),
  })
  return { keepAlive: pair(true), new: pair(false) }
}

/** How far a request came. */
export type RequestProgress = {
  /** Whether any part of it can have reached the server. */
  mayHaveArrived: boolean
  /** Whether a proxy refused the connection to the server; the response is that of the proxy. */
  stoppedByProxy: boolean
  /** `host:port` of the proxy that it goes through, if any. */
  readonly proxy: string | undefined
}

const trackSocket = (progress: RequestProgress, request: ClientRequest, socket: Socket): void => {
  const markSent = (): void => {
    progress.mayHaveArrived = true
  }
  // After a refused CONNECT, the agent for proxies replays the proxy's response on a socket without TLS.
  if (request.protocol === 'https:' && !(socket instanceof TLSSocket)) progress.stoppedByProxy = true
  else if (request.reusedSocket) markSent()
  else if (socket instanceof TLSSocket) {
    // Node sends nothing before the handshake has ended and the certificate is verified. A socket that has sent its
    // Finished message, as one from a proxy's agent may have, is past that.
    if (socket.getFinished() !== undefined) markSent()
    else socket.once('secureConnect', markSent)
  } else if (socket.connecting) socket.once('connect', markSent)
  else markSent()
}

type NativeTransport = {
  request: (options: RequestOptions, onResponse: (response: IncomingMessage) => void) => ClientRequest
}

/** Node's http and https for axios; they record when the request is sent. */
export const trackedTransport = (progress: RequestProgress): NativeTransport => ({
  request: (options, onResponse) => {
    const request = (options.protocol === 'https:' ? https : http).request(options, onResponse)
    request.once('socket', (socket) => trackSocket(progress, request, socket))
    return request
  },
})

/** A proxy in the form of axios. */
export type Proxy = {
  protocol: 'http' | 'https'
  host: string
  port: number
  auth?: { username: string; password: string }
}

type Env = Readonly<Record<string, string | undefined>>

/** The first of these variables that is set and not empty. Lower case goes first, as in curl. */
const valueOf = (env: Env, ...names: readonly string[]): string =>
  names.flatMap((name) => [env[name], env[name.toUpperCase()]]).find(Boolean) ?? ''

const isInSubnet = (host: string, block: string): boolean => {
  const [network = '', bits = ''] = block.split('/')
  const [family, ofHost] = [isIP(network), isIP(host)]
  if (family === 0 || family !== ofHost || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false
  const list = new BlockList()
  list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, ofHost === 4 ? 'ipv4' : 'ipv6')
}

/** A host without the brackets of IPv6. */
const withoutBrackets = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

type Target = { host: string; port: string }

/** Whether a name matches a host: the host itself or one below it; with a leading dot only one below it. */
const matchesName = (host: string, name: string): boolean =>
  host === name || (isIP(host) === 0 && host.endsWith(name.startsWith('.') ? name : `.${name}`))

/** Splits an entry into host and port. An IPv6 address without brackets has no port. */
const splitEntry = (entry: string): readonly [string, string | undefined] => {
  if (isIP(entry) === 6) return [entry, undefined]
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
  return [withoutBrackets(host), port]
}

/** Matches an entry of NO_PROXY as Go, and so Kubernetes, does. */
const matchesEntry = ({ host, port }: Target, entry: string): boolean => {
  if (entry === '*') return true
  const [name, wantedPort] = entry.includes('/') ? [entry, undefined] : splitEntry(entry)
  if (wantedPort !== undefined && wantedPort !== port) return false
  return name.includes('/') ? isInSubnet(host, name) : matchesName(host, name.replace(/^\*(?=\.)/, ''))
}

const bypassesProxy = (target: Target, env: Env): boolean =>
  valueOf(env, 'no_proxy')
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
    .some((entry) => matchesEntry(target, entry))

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const parseProxy = (text: string): Proxy => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new TypeError('the proxy that HTTPS_PROXY or ALL_PROXY names is no http(s) URL')
  const [protocol, defaultPort] = url.protocol === 'http:' ? (['http', 80] as const) : (['https', 443] as const)
  const { hostname, port, username, password } = url
  const auth = { username: decode(username), password: decode(password) }
  const isAnonymous = username === '' && password === ''
  return {
    protocol,
    host: withoutBrackets(hostname),
    port: Number(port || defaultPort),
    ...(isAnonymous ? {} : { auth }),
  }
}

/**
 * The proxy of the environment for a base URL: `HTTPS_PROXY`, otherwise `ALL_PROXY`, unless `NO_PROXY` names the host.
 * An http URL gets none, because the proxy would see the key. Throws a TypeError, which quotes no password, for a proxy that
 * is no http(s) URL.
 */
export const proxyFor = (base: string, env: Env): Proxy | undefined => {
  const { protocol, hostname, port } = new URL(base)
  const named = valueOf(env, 'https_proxy', 'all_proxy')
  if (
    protocol !== 'https:' ||
    named === '' ||
    bypassesProxy({ host: withoutBrackets(hostname), port: port || '443' }, env)
  )
    return undefined
  return parseProxy(named.includes('://') ? named : `http://${named}`)
}

/** `host:port` of a proxy, without credentials. */
export const addressOf = ({ host, port }: Proxy): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
