import type { AxiosRequestConfig, AxiosResponse } from 'axios'
import axios from 'axios'
import type { Readable } from 'node:stream'
import type { Agents, ConnectionUse, Departure, Proxy } from './agents.ts'
import { addressOf, createAgents, proxyFor, watchedTransport } from './agents.ts'
import type { Clock } from './clock.ts'
import { calledOff, CertCentralError, type Outcome, type Reply, retryAfter } from './errors.ts'

/** The base URL without a slash at its end. Throws a TypeError for anything but http or https, or with parts it cannot have. */
export const baseUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw new TypeError('url is no http(s) URL')
  if (url.username !== '' || url.password !== '') throw new TypeError('url holds credentials')
  if (url.search !== '' || url.hash !== '') throw new TypeError('url holds a query or a fragment')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Longer than any key that DigiCert gives out, and short enough for a header. */
const LONGEST_KEY = 1024

/** The key without the line end that Secrets often have. Throws a TypeError, without the key, if no header can hold it. */
export const headerKey = (text: string): string => {
  const key = text.trim()
  if (key.length > LONGEST_KEY) throw new TypeError(`the API key has more than ${String(LONGEST_KEY)} characters`)
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError('the API key is empty or has characters that no key has')
  return key
}

/** The keys of DigiCert have three times as many characters. */
const SHORTEST_UNMISTAKABLE = 20
const FEWEST_CHARACTERS = 10

/** Digits and capitals, or one long word with digits such as a random number in hex; none of the marks that names, hosts and paths are put together with. */
const RANDOM = /^(?=\D*\d)(?:(?=[^A-Z]*[A-Z])[^/.:@]+|[a-z0-9]{32,})$/

/**
 * Whether a text is so long and so mixed that it can be looked for in other texts: wherever it shows up it is the key. A key
 * that is a word or a name, as simulators take it, would blot out names.
 */
export const isUnmistakable = (key: string): boolean =>
  key.length >= SHORTEST_UNMISTAKABLE && new Set(key).size >= FEWEST_CHARACTERS && RANDOM.test(key)

/** The end of one call: by its own time limit or by the caller's signal, whichever comes first. */
export type Deadline = {
  signal: AbortSignal
  /** Which of the two it was, once one was. */
  ended: () => 'timeout' | 'called-off' | undefined
  /** Lets go of timer and listener; to be called when the call is over. */
  release: () => void
}

/** Starts the time limit of a call. */
export const startDeadline = (clock: Clock, timeoutMs: number, caller: AbortSignal | undefined): Deadline => {
  const controller = new AbortController()
  let ended: 'timeout' | 'called-off' | undefined
  const end = (why: 'timeout' | 'called-off'): void => {
    ended ??= why
    controller.abort()
  }
  const onAbort = (): void => end('called-off')
  const cancelTimer = clock.after(timeoutMs, () => end('timeout'))
  caller?.addEventListener('abort', onAbort)
  if (caller?.aborted === true) onAbort()
  return {
    signal: controller.signal,
    ended: () => ended,
    release: () => {
      cancelTimer()
      caller?.removeEventListener('abort', onAbort)
    },
  }
}

/**
 * Reads a body of at most `maxBytes` (after decompression) as UTF-8. Never throws: that a body broke is a fact about the
 * answer, whose status is known by then.
 */
export const readBody = async (stream: Readable, maxBytes: number, deadline: Deadline): Promise<Reply['body']> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) return { fault: 'too-large' }
      chunks.push(chunk)
    }
  } catch {
    return { fault: deadline.ended() ?? 'cut' }
  }
  return { text: new TextDecoder().decode(Buffer.concat(chunks)) }
}

export type WireRequest = {
  /** Name of the call, for messages. */
  operation: string
  method: 'GET' | 'POST' | 'PUT'
  /** Below the base URL, with a slash at its start. */
  path: string
  query?: Readonly<Record<string, string | number>>
  /** Sent as JSON. */
  body?: unknown
  accept?: string
  /** Bound of the answer after decompression; 1 MiB by default. */
  maxBytes?: number
  connection?: ConnectionUse
}

export type TransportOptions = {
  /** Base URL, for example `https://www.digicert.com/services/v2`. */
  url: string
  apiKey: string
  /** PEM of further roots. */
  caBundle?: string | undefined
  /** Time limit of one request with its answer, in ms; 30,000 by default. */
  requestTimeoutMs?: number
  userAgent?: string
  /** Where the proxy is named; that of the process by default. */
  env?: Readonly<Record<string, string | undefined>>
}

export type Transport = {
  /** One request and the server's answer to it, whatever its status. Fails only when no answer began. */
  send: (request: WireRequest, signal?: AbortSignal) => Promise<Reply>
  /** Closes the idle connections. */
  close: () => void
}

const MIB = 1_048_576

const codeOf = (error: unknown): string => {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'unknown failure'
}

/** What a request without an answer means. The error of axios holds the API key: its code is all that is taken over. */
const failureOf = (operation: string, error: unknown, departure: Departure, deadline: Deadline): CertCentralError => {
  const outcome: Outcome = departure.left ? 'ambiguous' : 'unsent'
  const ended = deadline.ended()
  if (ended === 'called-off') return calledOff(operation, outcome)
  const kind = ended === 'timeout' ? 'timeout' : 'unreachable'
  const what = kind === 'timeout' ? 'no answer in time' : `no answer (${codeOf(error)})`
  const when = departure.left ? 'after the request was sent' : 'before the request was sent'
  const way = departure.proxy === undefined ? '' : `, through the proxy ${departure.proxy}`
  return new CertCentralError({ outcome, kind, message: `${operation}: ${what}, ${when}${way}` })
}

/** What a person can do about the refusal of a proxy. */
const PROXY_ADVICE: Readonly<Record<number, string>> = {
  403: '; it does not let this host through',
  407: '; it wants a user and password in HTTPS_PROXY, or others than there are',
}

const stoppedByProxy = (
  operation: string,
  proxy: string | undefined,
  response: AxiosResponse<Readable>,
): CertCentralError => {
  response.data.destroy()
  const { status } = response
  const message = `${operation}: not sent: the proxy ${proxy ?? ''} answered ${status}${PROXY_ADVICE[status] ?? ''}`
  return new CertCentralError({ outcome: 'unsent', kind: 'unreachable', message })
}

const headerOf = (response: AxiosResponse, name: string): string | undefined => {
  const value: unknown = response.headers[name]
  return typeof value === 'string' ? value : undefined
}

const locationOf = (response: AxiosResponse, base: string): string | undefined => {
  const location = headerOf(response, 'location')
  return location !== undefined && URL.canParse(location, base) ? new URL(location, base).host.slice(0, 260) : undefined
}

/** Settings that no request changes. Redirects are not followed: axios would hand the key to the other host. */
const fixedSettings = (proxy: Proxy | undefined): AxiosRequestConfig => ({
  adapter: 'http',
  maxRedirects: 0,
  responseType: 'stream',
  transformRequest: [],
  transformResponse: [],
  validateStatus: () => true,
  proxy: proxy ?? false,
})

const encode = (operation: string, body: unknown): string | undefined => {
  const text = body === undefined ? undefined : JSON.stringify(body)
  if (text === undefined || Buffer.byteLength(text) <= MIB) return text
  const message = `${operation}: not sent: the body is larger than ${MIB} bytes`
  throw new CertCentralError({ outcome: 'unsent', kind: 'too-large', message })
}

type Exchange = (request: WireRequest, departure: Departure, signal: AbortSignal) => Promise<AxiosResponse<Readable>>

type Way = { base: string; proxy: Proxy | undefined; agents: Agents }

const createExchange = ({ base, proxy, agents }: Way, headers: Record<string, string>): Exchange => {
  const fixed = fixedSettings(proxy)
  const exchange: Exchange = (request, departure, signal) => {
    const { operation, method, path, query, body, accept = 'application/json', connection = 'kept' } = request
    return axios.request<Readable>({
      ...fixed,
      ...agents[connection],
      transport: watchedTransport(departure),
      url: base + path,
      method,
      params: query ?? {},
      data: encode(operation, body),
      headers: { ...headers, Accept: accept },
      signal,
    })
  }
  return exchange
}

type Reading = { base: string; key: string; clock: Clock; maxBytes: number }

/**
 * An answer without the key that it was asked with: a gateway may echo the headers of a request in its error page. That
 * holds for this key's answers alone and before anybody knows whether the key is good.
 */
const withoutKey = (text: string, key: string): string =>
  isUnmistakable(key) ? text.replaceAll(key, '[redacted]') : text

const replyOf = async (response: AxiosResponse<Readable>, deadline: Deadline, reading: Reading): Promise<Reply> => {
  const { base, key, clock, maxBytes } = reading
  const body = await readBody(response.data, maxBytes, deadline)
  const location = locationOf(response, base)
  const headers = { retryAfter: headerOf(response, 'retry-after'), date: headerOf(response, 'date') }
  const retryAt = retryAfter(headers, clock.now())
  const serverTime = Date.parse(headers.date ?? '')
  return {
    status: response.status,
    body: 'text' in body ? { text: withoutKey(body.text, key) } : body,
    ...(location === undefined ? {} : { location }),
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(Number.isNaN(serverTime) ? {} : { serverTime }),
  }
}

/** A transport for one API key, which is kept in this closure and nowhere else. */
export const createTransport = (options: TransportOptions, clock: Clock): Transport => {
  const {
    url,
    apiKey,
    caBundle,
    requestTimeoutMs = 30_000,
    userAgent = 'digicert-operator',
    env = process.env,
  } = options
  const base = baseUrl(url)
  const key = headerKey(apiKey)
  const proxy = proxyFor(base, env)
  const agents = createAgents(caBundle)
  const headers = { 'X-DC-DEVKEY': key, 'User-Agent': userAgent, 'Content-Type': 'application/json' }
  const exchange = createExchange({ base, proxy, agents }, headers)
  return {
    send: async (request, signal) => {
      const departure: Departure = { left: false, stoppedByProxy: false, proxy: proxy && addressOf(proxy) }
      const deadline = startDeadline(clock, requestTimeoutMs, signal)
      try {
        const response = await exchange(request, departure, deadline.signal)
        if (departure.stoppedByProxy) throw stoppedByProxy(request.operation, departure.proxy, response)
        return await replyOf(response, deadline, { base, key, clock, maxBytes: request.maxBytes ?? MIB })
      } catch (error) {
        if (error instanceof CertCentralError) throw error
        throw failureOf(request.operation, error, departure, deadline)
      } finally {
        deadline.release()
      }
    },
    close: () => {
      for (const { httpAgent, httpsAgent } of Object.values(agents)) {
        httpAgent.destroy()
        httpsAgent.destroy()
      }
    },
  }
}
