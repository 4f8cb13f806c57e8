import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** A health check: `ok` means status 200, otherwise 503; both with the text. */
export type Probe = () => { ok: boolean; text: string }

/** Responses by path, each made when it is requested. */
export type Routes = Readonly<Record<string, () => Promise<Response>>>
type Response = { status: number; type: string; body: string }

/** Makes a route of a health check, with the statuses that the kubelet expects. */
export const probe =
  (check: Probe): Routes[string] =>
  () => {
    const { ok, text } = check()
    return Promise.resolve({ status: ok ? 200 : 503, type: 'text/plain; charset=utf-8', body: `${text}\n` })
  }

export type RunningServer = { port: number; close: () => Promise<void> }

const listen = (server: Server, address: string): Promise<number> => {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at).replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: Number(address.slice(at + 1)), ...(host === '' ? {} : { host }) }, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** In characters; a shorter body fits into one packet without compression. */
const MIN_GZIP_LENGTH = 1400
const compress = promisify(gzip)

/** Sends a response, with gzip if the client accepts it: it makes the metrics of ten thousand orders 30 times smaller. */
const send = async ({ headers }: IncomingMessage, to: ServerResponse, response: Response): Promise<void> => {
  const { status, type, body } = response
  const isCompressed = body.length > MIN_GZIP_LENGTH && String(headers['accept-encoding']).includes('gzip')
  const content = isCompressed ? await compress(body) : body
  to.writeHead(status, { 'content-type': type, ...(isCompressed ? { 'content-encoding': 'gzip' } : {}) }).end(content)
}

/**
 * Starts an HTTP server for GET requests of these paths.
 *
 * @param address `host:port`; an empty host means every interface, port 0 any free port
 * @throws the error of the listen call, such as EADDRINUSE
 */
export const serve = async (address: string, routes: Routes): Promise<RunningServer> => {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/, '')
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    if (request.method !== 'GET' || !route) {
      response.writeHead(404).end()
      return
    }
    route()
      .then((content) => send(request, response, content))
      .catch(() => response.writeHead(500).end())
  })
  server.requestTimeout = 10_000
  server.headersTimeout = 5_000
  const port = await listen(server, address)
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
