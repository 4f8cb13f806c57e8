import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios'
import type { Readable } from 'node:stream'
import {
  type Agents,
  type ConnectionUse,
  type Proxy,
  type RequestProgress,
  addressOf,
  createAgents,
  proxyFor,
  trackedTransport,
} from './agents.ts'
import type { Clock } from './clock.ts'
import {
  CertCentralError,
  type HttpResponse,
  type Operation,
  errorOfProxy,
  errorOfRequest,
  tooLargeToSend,
} from './errors.ts'

export type HttpRequest = {
  operation: Operation
  method: 'GET' | 'POST' | 'PUT'
  /** Below the base URL, with a slash at its start. */
  path: string
  query?: Readonly<Record<string, string | number>>
  /** Sent as JSON. */
  body?: unknown
  accept?: string
  /** Bound of the response after decompression; 1 MiB by default. */
  maxBytes?: number
  connection?: ConnectionUse
}

export type TransportOptions = {
  /** Base URL, for example `https://www.digicert.com/services/v2`. */
  url: string
  apiKey: string
  /** PEM of roots beside those of Node. */
  caBundle?: string | undefined
  /** Time limit of one request with its response; 30,000 by default. */
  requestTimeoutMs?: number
  userAgent?: string
  /** Where the proxy is named; `process.env` by default. */
  env?: Readonly<Record<string, string | undefined>>
}

export type Transport = {
  /** Sends one request. Returns the response whatever its status, and fails only when none began. */
  send: (request: HttpRequest, signal?: AbortSignal) => Promise<HttpResponse>
  /** Closes the idle connections. */
  close: () => void
}

/**
 * Returns the base URL without a slash at its end. Throws a TypeError for other schemes than http and https, and for
 * credentials, a query or a fragment.
 */
const parseBaseUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw new TypeError('url is no http(s) URL')
  if (url.username !== '' || url.password !== '') throw new TypeError('url holds credentials')
  if (url.search !== '' || url.hash !== '') throw new TypeError('url holds a query or a fragment')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** In characters: longer than any key of DigiCert, and short enough for a header. */
const MAX_KEY_LENGTH = 1024

/** The key without the line end that Secrets often have. Throws a TypeError, without the key, if no header can hold it. */
export const headerKey = (text: string): string => {
  const key = text.trim()
  if (key.length > MAX_KEY_LENGTH) throw new TypeError(`the API key has more than ${MAX_KEY_LENGTH} characters`)
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError('the API key is empty or has characters that no key has')
  return key
}

/** The keys of DigiCert have three times as many characters. */
const MIN_UNMISTAKABLE_LENGTH = 20
const MIN_DIFFERENT_CHARACTERS = 10

/**
 * Digits and capitals without the marks that join parts of names, hosts and paths, or one long word with digits, such as a
 * random number in hex.
 */
const RANDOM = /^(?=\D*\d)(?:(?=[^A-Z]*[A-Z])[^/.:@]+|[a-z0-9]{32,})$/

/**
 * Whether a key is so long and mixed that it can be searched for in other texts: wherever it occurs, it is the key. Keys
 * that are words or names, as simulators accept them, would redact names.
 */
export const isUnmistakable = (key: string): boolean =>
  key.length >= MIN_UNMISTAKABLE_LENGTH && new Set(key).size >= MIN_DIFFERENT_CHARACTERS && RANDOM.test(key)

/** The end of one call: by its time limit or by the caller's signal, whichever comes first. */
type Deadline = {
  signal: AbortSignal
  /** Which of the two ended it. */
  endedBy: () => 'timeout' | 'aborted' | undefined
  /** Removes timer and listener; to be called when the call is over. */
  release: () => void
}

const startDeadline = (clock: Clock, timeoutMs: number, caller: AbortSignal | undefined): Deadline => {
  const controller = new AbortController()
  let endedBy: 'timeout' | 'aborted' | undefined
  const end = (cause: 'timeout' | 'aborted'): void => {
    endedBy ??= cause
    controller.abort()
  }
  const onAbort = (): void => end('aborted')
  const cancelTimer = clock.after(timeoutMs, () => end('timeout'))
  caller?.addEventListener('abort', onAbort)
  if (caller?.aborted === true) onAbort()
  return {
    signal: controller.signal,
    endedBy: () => endedBy,
    release: () => {
      cancelTimer()
      caller?.removeEventListener('abort', onAbort)
    },
  }
}

/**
 * Reads a body of at most `maxBytes` (after decompression) as UTF-8. Never throws: the status is known, and a broken body
 * is a fact about the response.
 */
const readBody = async (stream: Readable, maxBytes: number, deadline: Deadline): Promise<HttpResponse['body']> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) return { fault: 'too-large' }
      chunks.push(chunk)
    }
  } catch {
    return { fault: deadline.endedBy() ?? 'cut' }
  }
  return { text: new TextDecoder().decode(Buffer.concat(chunks)) }
}

const MIB = 1_048_576

const codeOf = (error: unknown): string => {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'unknown failure'
}

const headerOf = (response: AxiosResponse, name: string): string | undefined => {
  const value: unknown = response.headers[name]
  return typeof value === 'string' ? value : undefined
}

const locationOf = (response: AxiosResponse, baseUrl: string): string | undefined => {
  const location = headerOf(response, 'location')
  return location !== undefined && URL.canParse(location, baseUrl)
    ? new URL(location, baseUrl).host.slice(0, 260)
    : undefined
}

/** `Retry-After` in either form of RFC 9110, section 10.2.3; a date is relative to the server's own clock. */
export const retryAfter = (
  headers: { retryAfter?: string | undefined; date?: string | undefined },
  now: number,
): Date | undefined => {
  const { retryAfter: value, date } = headers
  if (value === undefined) return undefined
  if (/^\s*\d{1,9}\s*$/.test(value)) return new Date(now + Number(value) * 1000)
  // Date.parse would read a year into nearly any number.
  const at = /^[A-Za-z]/.test(value) ? Date.parse(value) : Number.NaN
  const serverNow = Date.parse(date ?? '')
  return Number.isNaN(at) ? undefined : new Date(Number.isNaN(serverNow) ? at : now + at - serverNow)
}

/** The same for every request. Redirects are not followed: axios would send the key to the other host. */
const fixedConfig = (proxy: Proxy | undefined): AxiosRequestConfig => ({
  adapter: 'http',
  maxRedirects: 0,
  responseType: 'stream',
  transformRequest: [],
  transformResponse: [],
  validateStatus: () => true,
  proxy: proxy ?? false,
})

const encode = (operation: Operation, body: unknown): string | undefined => {
  const text = body === undefined ? undefined : JSON.stringify(body)
  if (text === undefined || Buffer.byteLength(text) <= MIB) return text
  throw tooLargeToSend(operation, MIB)
}

type Exchange = (
  request: HttpRequest,
  progress: RequestProgress,
  signal: AbortSignal,
) => Promise<AxiosResponse<Readable>>

type Destination = { baseUrl: string; proxy: Proxy | undefined; agents: Agents }

const createExchange = ({ baseUrl, proxy, agents }: Destination, headers: Record<string, string>): Exchange => {
  const fixed = fixedConfig(proxy)
  return (request, progress, signal) => {
    const { operation, method, path, query, body, accept = 'application/json', connection = 'keepAlive' } = request
    return axios.request<Readable>({
      ...fixed,
      ...agents[connection],
      transport: trackedTransport(progress),
      url: baseUrl + path,
      method,
      params: query ?? {},
      data: encode(operation, body),
      headers: { ...headers, Accept: accept },
      signal,
    })
  }
}

/** The text without the API key: a gateway may echo the headers of a request in its error page. */
const withoutKey = (text: string, key: string): string =>
  isUnmistakable(key) ? text.replaceAll(key, '[redacted]') : text

type ReadOptions = { baseUrl: string; key: string; clock: Clock; maxBytes: number }

const readResponse = async (
  response: AxiosResponse<Readable>,
  deadline: Deadline,
  { baseUrl, key, clock, maxBytes }: ReadOptions,
): Promise<HttpResponse> => {
  const body = await readBody(response.data, maxBytes, deadline)
  const location = locationOf(response, baseUrl)
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

/** Creates a transport for one API key, which only this closure holds. Throws a TypeError for options that cannot be used. */
export const createTransport = (options: TransportOptions, clock: Clock): Transport => {
  const { apiKey, caBundle, requestTimeoutMs = 30_000, userAgent = 'digicert-operator', env = process.env } = options
  const baseUrl = parseBaseUrl(options.url)
  const key = headerKey(apiKey)
  const proxy = proxyFor(baseUrl, env)
  const agents = createAgents(caBundle)
  const headers = { 'X-DC-DEVKEY': key, 'User-Agent': userAgent, 'Content-Type': 'application/json' }
  const exchange = createExchange({ baseUrl, proxy, agents }, headers)
  return {
    send: async (request, signal) => {
      const { operation, maxBytes = MIB } = request
      const progress = { mayHaveArrived: false, stoppedByProxy: false, proxy: proxy && addressOf(proxy) }
      const deadline = startDeadline(clock, requestTimeoutMs, signal)
      try {
        const response = await exchange(request, progress, deadline.signal)
        if (progress.stoppedByProxy) {
          response.data.destroy()
          throw errorOfProxy(operation, progress.proxy, response.status)
        }
        return await readResponse(response, deadline, { baseUrl, key, clock, maxBytes })
      } catch (error) {
        if (error instanceof CertCentralError) throw error
        throw errorOfRequest(operation, progress, deadline.endedBy() ?? { code: codeOf(error) })
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
