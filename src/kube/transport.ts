import { type Dispatcher, Agent, ProxyAgent, request as undiciRequest } from 'undici'
import type { CredentialSource, Credentials } from './auth.ts'

/** One HTTP request to the API server; `path` includes the query. */
export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: string
  readonly contentType?: string
  /** Accept header; by default JSON of the whole object. */
  readonly accept?: string | undefined
  readonly signal: AbortSignal
}

export type HttpResponse = Dispatcher.ResponseData

/** Sends requests over pooled connections with current credentials. */
export type Transport = {
  /** Resolves with any response of the server; rejects with the socket error. */
  send: (request: HttpRequest) => Promise<HttpResponse>
  /** Closes all connections; running requests fail. */
  close: () => Promise<void>
}

/** Called after each request, for metrics: `code` is the HTTP status, or `<error>` when there was no response. */
export type RequestObserver = (method: HttpRequest['method'], code: string) => void

/** Limits of one pool of connections. Timeouts are in milliseconds; 0 means no limit. */
type PoolLimits = { readonly connections: number; readonly headersTimeout: number; readonly bodyTimeout: number }

/** Less than the 90 seconds after which an API server closes an idle connection: the client must close it first. */
const KEEP_ALIVE_MS = 60_000

/** Creates a transport with one connection pool. A new endpoint, CA or client certificate opens a new pool and closes the old. */
export function createTransport(
  source: CredentialSource,
  userAgent: string,
  limits: PoolLimits,
  observer: RequestObserver = () => undefined,
): Transport {
  let pool: { readonly endpoint: string; readonly dispatcher: Dispatcher } | undefined
  const retired = new Set<Dispatcher>()

  function retire(): void {
    const dispatcher = pool?.dispatcher
    if (!dispatcher) return
    pool = undefined
    retired.add(dispatcher)
    // Waits for running requests: they must not fail because a certificate was rotated.
    void dispatcher
      .close()
      .catch(() => undefined)
      .then(() => retired.delete(dispatcher))
  }

  function dispatcherFor(credentials: Credentials): Dispatcher {
    if (pool?.endpoint === credentials.endpoint) return pool.dispatcher
    retire()
    pool = { endpoint: credentials.endpoint, dispatcher: createDispatcher(credentials, limits) }
    return pool.dispatcher
  }

  const sendAs = withObserver(observer, requestAs)

  function requestAs(credentials: Credentials, request: HttpRequest): Promise<HttpResponse> {
    return undiciRequest(`${credentials.server}${request.path}`, {
      dispatcher: dispatcherFor(credentials),
      method: request.method,
      signal: request.signal,
      headers: headersFor(credentials, request, userAgent),
      body: request.body ?? null,
    })
  }

  return {
    send: async (request) => {
      const credentials = await hideCredentialErrors(source.current())
      const response = await sendAs(credentials, request)
      if (response.statusCode !== 401) return response
      await response.body.dump()
      // The server sends a 401 before it processes the request, so a write may be repeated too.
      return sendAs(await hideCredentialErrors(source.refresh(credentials)), request)
    },
    close: async () => {
      retire()
      await Promise.all([...retired].map((dispatcher) => dispatcher.destroy()))
    },
  }
}

type Send = (credentials: Credentials, request: HttpRequest) => Promise<HttpResponse>

const withObserver =
  (observer: RequestObserver, send: Send): Send =>
  async (credentials, request) => {
    try {
      const response = await send(credentials, request)
      observer(request.method, String(response.statusCode))
      return response
    } catch (error) {
      observer(request.method, '<error>')
      throw error
    }
  }

/** Replaces the error, because the output of a credential plugin or a file may be secret. */
async function hideCredentialErrors(credentials: Promise<Credentials>): Promise<Credentials> {
  try {
    return await credentials
  } catch {
    throw Object.assign(new Error('credentials could not be read'), { code: 'CREDENTIALS_UNREADABLE' })
  }
}

function headersFor(credentials: Credentials, request: HttpRequest, userAgent: string): Record<string, string> {
  return {
    'user-agent': userAgent,
    accept: request.accept ?? 'application/json',
    ...(request.contentType !== undefined && { 'content-type': request.contentType }),
    ...credentials.headers,
  }
}

function createDispatcher({ server, proxy, tls }: Credentials, limits: PoolLimits): Dispatcher {
  const options = { ...limits, keepAliveTimeout: KEEP_ALIVE_MS, connectTimeout: 10_000, allowH2: false }
  const connect = { keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 }
  if (proxy !== undefined) return new ProxyAgent({ ...options, uri: proxy, requestTls: tls, connect })
  if (server.startsWith('http:')) return new Agent({ ...options, connect })
  return new Agent({ ...options, connect: { ...connect, ...tls } })
}
