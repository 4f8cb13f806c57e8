import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { guardedDirectory } from './guard.ts'
import { writeKubeconfig } from './kubeconfig.ts'

/** One call of a client to the API server. A watch counts when it is opened. */
export type ApiCall = { readonly method: string; readonly path: string }

/** An address of the API server that counts who calls what. */
export type ApiTraffic = {
  /** Path of a kubeconfig by which a client calls through here, with the rights of the one given. */
  readonly kubeconfig: string
  readonly calls: () => readonly ApiCall[]
  readonly close: () => Promise<void>
}

/** Writes to objects: Events and Leases are not counted (`design.md`, section 8); a dry run is. */
export const isWrite = ({ method, path }: ApiCall): boolean =>
  method !== 'GET' && !/\/(events|leases)(\/|\?|$)/.test(path)

/** Starts a proxy in front of the API server of a kubeconfig, on a free port of 127.0.0.1. */
export async function startApiTraffic(kubeconfig: string): Promise<ApiTraffic> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const upstream: RequestOptions = {}
  await config.applyToHTTPSOptions(upstream)
  const target = config.getCurrentCluster()?.server ?? ''
  const calls: ApiCall[] = []
  const server = createServer((incoming, answer) => {
    const call = { method: incoming.method ?? '', path: incoming.url ?? '' }
    calls.push(call)
    forward(incoming, answer, { ...upstream, method: call.method, url: new URL(target + call.path) })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const access = { url: `http://127.0.0.1:${port}`, caPem: '', user: 'proxied', token: 'added-by-the-proxy' }
  return {
    kubeconfig: writeKubeconfig(join(guardedDirectory('traffic'), 'kubeconfig'), access),
    calls: () => [...calls],
    close: () => closed(server),
  }
}

type Upstream = RequestOptions & { readonly url: URL }

function forward(incoming: IncomingMessage, answer: ServerResponse, { url, ...options }: Upstream): void {
  const headers = { ...incoming.headers, ...(options.headers as Record<string, string> | undefined), host: url.host }
  const sent = request(url, { ...options, headers }, (received) => {
    answer.writeHead(received.statusCode ?? 502, received.headers)
    answer.flushHeaders()
    received.on('error', () => answer.destroy())
    received.pipe(answer)
  })
  sent.on('error', () => answer.destroy())
  answer.on('close', () => sent.destroy())
  incoming.pipe(sent)
}

async function closed(server: Server): Promise<void> {
  const end = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await end
}
