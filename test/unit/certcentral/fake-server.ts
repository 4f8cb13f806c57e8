import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Clock } from '../../../src/certcentral/clock.ts'
import type { CertCentral, CertCentralOptions } from '../../../src/certcentral/index.ts'
import { CertCentralError, createRateLimiter, createCertCentral } from '../../../src/certcentral/index.ts'

export const API_KEY = 'K3Y5H0ULDN3V3RB3S33N'

export type Seen = { method: string; url: string; headers: IncomingHttpHeaders; body: string }
export type Answering = (request: IncomingMessage, response: ServerResponse) => void
export type FakeServer = { url: string; seen: Seen[]; close: () => Promise<void> }

export const portOf = (server: Server): number => (server.address() as AddressInfo).port

export const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })

export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** Answers the requests with these in turn, the last of them for ever; a request is noted once it was read whole. */
export const answering = (answers: readonly Answering[], seen: Seen[]): RequestListener => {
  let count = 0
  return (request, response) => {
    const answer = answers[Math.min(count, answers.length - 1)]
    count += 1
    text(request).then(
      (body) => {
        seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
        answer?.(request, response)
      },
      () => undefined,
    )
  }
}

export const startServer = async (...answers: Answering[]): Promise<FakeServer> => {
  const seen: Seen[] = []
  const server = createServer(answering(answers, seen))
  await listen(server)
  return { url: `http://127.0.0.1:${portOf(server)}/services/v2`, seen, close: () => closeServer(server) }
}

const FIXTURES = join(import.meta.dirname, '../../fixtures/certcentral')
/** A stored answer: JSON, or text of another form. */
type Fixture = { status: number; body?: unknown; text?: string }

const stored = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8'))

export const fixture = (name: string): Fixture => stored(name) as Fixture

/** Where a stored answer is from, which call it answers, and what the client makes of it. */
export type Provenance = {
  call: string
  from: 'recording' | 'DigiCert' | 'us'
  /** Where the recording was found, the page with the sample, or what it was made after. */
  where: string
  note?: string
  /** `read`, or outcome and kind of the error. */
  result: string
}

const INDEX = 'provenance'

export const provenance = (): Record<string, Provenance> => stored(INDEX) as Record<string, Provenance>

export const fixtureNames = (): string[] =>
  readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .filter((name) => name !== INDEX)
    .sort()

export const answer =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answering =>
  (_, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body)
  }

/** The body of a stored answer, as it goes over the wire. */
export const textOf = (name: string): string => {
  const { body, text: whole = JSON.stringify(body) } = fixture(name)
  return whole
}

export const replay = (name: string): Answering => answer(fixture(name).status, textOf(name))

/** Reads the request and closes the connection without a word. */
export const reset: Answering = (request) => {
  request.socket.resetAndDestroy()
}

/** Never answers. */
export const hang: Answering = () => undefined

export const clientOf = (server: { url: string }, options: Partial<CertCentralOptions> = {}): CertCentral =>
  createCertCentral({
    url: server.url,
    apiKey: API_KEY,
    limiter: createRateLimiter(),
    requestTimeoutMs: 5000,
    ...options,
  })

/** Runs with a client of a server that gives those answers, and closes both. */
export const withServer = async <T>(
  answers: readonly Answering[],
  run: (client: CertCentral, server: FakeServer) => Promise<T>,
  options: Partial<CertCentralOptions> = {},
): Promise<T> => {
  const server = await startServer(...answers)
  const client = clientOf(server, options)
  try {
    return await run(client, server)
  } finally {
    client.close()
    await server.close()
  }
}

/** The error that a call ends in. */
export const errorOf = async (call: Promise<unknown>): Promise<CertCentralError> => {
  const result = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in result && result.error instanceof CertCentralError) return result.error
  throw new Error(`expected a CertCentralError and got ${JSON.stringify(result)}`)
}

export const ORDER_BODY = {
  certificate: { common_name: 'example.com', csr: '-----BEGIN CERTIFICATE REQUEST-----', signature_hash: 'sha256' },
  order_validity: { years: 1 },
  alternative_order_id: 'k7f3a',
}

export const place = async (client: CertCentral, body: Record<string, unknown> = ORDER_BODY) =>
  client.placeOrder('ssl_dv_geotrust_flex', body, { reservation: await client.reserve() })

/** A clock that moves only by `advance`. */
export type MovedClock = Clock & {
  advance: (ms: number) => Promise<void>
  /** Timers that have neither run nor been cancelled. */
  pending: () => number
}

/** Lets everything run that was promised. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

export const movedClock = (start = Date.parse('2026-11-23T10:00:00Z')): MovedClock => {
  let now = start
  const timers = new Map<object, { at: number; work: () => void }>()
  const nextDue = (until: number) =>
    [...timers].filter(([, { at }]) => at <= until).toSorted(([, a], [, b]) => a.at - b.at)[0]
  return {
    now: () => now,
    pending: () => timers.size,
    after: (ms, work) => {
      const token = {}
      timers.set(token, { at: now + ms, work })
      return () => {
        timers.delete(token)
      }
    },
    advance: async (ms) => {
      const until = now + ms
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        const [token, { at, work }] = due
        timers.delete(token)
        now = Math.max(now, at)
        work()
        await settled()
      }
      now = until
      await settled()
    },
  }
}
