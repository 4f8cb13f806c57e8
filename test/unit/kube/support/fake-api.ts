import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Stored, type World, createWorld, status } from './fake-world.ts'

export type Seen = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Answers a request itself, by returning true, or leaves it to the next one. */
export type Script = (seen: Seen, response: ServerResponse) => boolean | Promise<boolean>

export type FakeApi = {
  readonly url: string
  readonly world: World
  readonly seen: Seen[]
  /** Requests that were watches. */
  readonly watches: () => Seen[]
  readonly lists: () => Seen[]
  /** Sockets ever opened. */
  readonly connections: () => number
  /** Watches that are open now. */
  readonly openWatches: () => number
  /** Runs before the ordinary behaviour, the latest first; the answer takes it away. */
  readonly script: (script: Script) => () => void
  /** Sends raw text down all watches. */
  readonly sendRaw: (text: string) => void
  readonly endWatches: () => void
  readonly resetWatches: () => void
  /** While silent, watches get no events. */
  readonly silent: (silent: boolean) => void
  /** Stops listening and breaks everything off; the address stays reserved for `restart`. */
  readonly crash: () => Promise<void>
  readonly restart: () => Promise<void>
  readonly close: () => Promise<void>
}

type Watch = { readonly response: ServerResponse; readonly collection: string }

/** A small API server on 127.0.0.1: it keeps objects with versions, pages lists, replays watches, compares and swaps. */
export async function startFakeApi(make: typeof createServer = createServer): Promise<FakeApi> {
  const world = createWorld()
  const seen: Seen[] = []
  const scripts: Script[] = []
  const watches = new Set<Watch>()
  const sockets = new Set<Socket>()
  let connections = 0
  let silent = false

  world.onEvent((event) => {
    if (silent) return
    for (const watch of watches) if (event.collection === watch.collection) watch.response.write(lineOf(event))
  })

  const server: Server = make((request, response) => void handle(request, response))
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = await read(request)
    seen.push(entry)
    for (const script of [...scripts].reverse()) if (await script(entry, response)) return
    if (entry.query.has('watch')) watch(entry, response)
    else reply(response, ...world.answer(entry))
  }

  function watch(entry: Seen, response: ServerResponse): void {
    const since = BigInt(entry.query.get('resourceVersion') ?? '0')
    if (since < world.oldest()) {
      reply(response, 410, status(410, 'Expired', 'too old resource version'))
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const live = { response, collection: entry.path }
    watches.add(live)
    response.on('close', () => watches.delete(live))
    for (const event of world.eventsSince(since)) if (event.collection === entry.path) response.write(lineOf(event))
  }

  await listen(server, 0)
  const { port } = server.address() as AddressInfo

  async function crash(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.resetAndDestroy()
    await closed
  }

  return {
    url: `http://127.0.0.1:${port}`,
    world,
    seen,
    watches: () => seen.filter((entry) => entry.query.has('watch')),
    lists: () =>
      seen.filter((entry) => entry.method === 'GET' && world.isCollection(entry) && !entry.query.has('watch')),
    connections: () => connections,
    openWatches: () => watches.size,
    script: (script) => {
      scripts.push(script)
      return () => scripts.splice(scripts.indexOf(script), 1)
    },
    sendRaw: (text) => watches.forEach(({ response }) => response.write(text)),
    endWatches: () => watches.forEach(({ response }) => response.end()),
    resetWatches: () => watches.forEach(({ response }) => response.socket?.resetAndDestroy()),
    silent: (value) => (silent = value),
    crash,
    restart: () => listen(server, port),
    close: crash,
  }
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
}

async function read(request: IncomingMessage): Promise<Seen> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake')
  return { method: request.method ?? '', path: pathname, query: searchParams, headers: request.headers, body }
}

function lineOf(event: { type: string; object: Stored }): string {
  return `${JSON.stringify({ type: event.type, object: event.object })}\n`
}

export function reply(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** A script that refuses as the API server does. */
export function refuse(
  code: number,
  reason = 'Refused',
  headers: Record<string, string> = {},
  causes: readonly string[] = [],
): Script {
  return (_seen, response) => {
    const details = { causes: causes.map((cause) => ({ reason: cause, message: 'refused' })) }
    reply(response, code, { ...status(code, reason, `refused with ${code}`), details }, headers)
    return true
  }
}
