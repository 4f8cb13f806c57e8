import { Agent, ProxyAgent, request } from 'undici'
import type { Dispatcher } from 'undici'
import type { CredentialSource, Credentials } from './auth.ts'

/** One HTTP request to the API server; the path has its query in it. */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: string
  readonly contentType?: string
  /** Form of the answer; JSON of the whole object unless said otherwise. */
  readonly accept?: string | undefined
  readonly signal: AbortSignal
}

export type Answer = Dispatcher.ResponseData

/** Sends requests over pooled connections with fresh credentials. */
export type Transport = {
  /** Rejects with whatever the socket said; any answer of the server resolves. */
  send: (call: Call) => Promise<Answer>
  /** Breaks off what is still open. */
  close: () => Promise<void>
}

/** Told of each request: its method and the HTTP status, or `<error>` where no answer came; for metrics. */
export type RequestObserver = (method: Call['method'], code: string) => void

/** Limits of one pool of connections, in milliseconds; 0 is none. */
export type PoolLimits = { readonly connections: number; readonly headersTimeout: number; readonly bodyTimeout: number }

/** Below the 90 seconds after which an API server closes an idle connection, so that we are the first to close it. */
const KEEP_ALIVE_MS = 60_000

/** A transport with one pool per endpoint; a rotated CA or client certificate opens a new one and closes the old. */
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
    // Waits for the requests under way: a call must not fail because a certificate was rotated beside it.
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

  const sendAs = observed(observer, requestAs)

  function requestAs(credentials: Credentials, call: Call): Promise<Answer> {
    return request(`${credentials.server}${call.path}`, {
      dispatcher: dispatcherFor(credentials),
      method: call.method,
      signal: call.signal,
      headers: headersFor(credentials, call, userAgent),
      body: call.body ?? null,
    })
  }

  return {
    send: async (call) => {
      const credentials = await readable(source.current())
      const answer = await sendAs(credentials, call)
      if (answer.statusCode !== 401) return answer
      await answer.body.dump()
      // A 401 is decided before anything is done, so that a write may be sent again too.
      return sendAs(await readable(source.renew(credentials)), call)
    },
    close: async () => {
      retire()
      await Promise.all([...retired].map((dispatcher) => dispatcher.destroy()))
    },
  }
}

type Send = (credentials: Credentials, call: Call) => Promise<Answer>

const observed =
  (observer: RequestObserver, send: Send): Send =>
  async (credentials, call) => {
    try {
      const answer = await send(credentials, call)
      observer(call.method, String(answer.statusCode))
      return answer
    } catch (error) {
      observer(call.method, '<error>')
      throw error
    }
  }

/** What a credential plugin or a file says may be secret; that it failed, and that nothing was sent, is enough. */
async function readable(credentials: Promise<Credentials>): Promise<Credentials> {
  try {
    return await credentials
  } catch {
    throw Object.assign(new Error('credentials could not be read'), { code: 'CREDENTIALS_UNREADABLE' })
  }
}

function headersFor(credentials: Credentials, call: Call, userAgent: string): Record<string, string> {
  return {
    'user-agent': userAgent,
    accept: call.accept ?? 'application/json',
    ...(call.contentType !== undefined && { 'content-type': call.contentType }),
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
