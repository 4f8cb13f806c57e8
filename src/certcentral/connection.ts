import { X509Certificate } from 'node:crypto'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Socket } from 'node:net'
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
