import type { RequestOptions } from 'node:https'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { guardedDirectory } from './guard.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { startProxy, type Upstream } from './proxy.ts'

/** One call of a client to the API server. A watch counts when it is opened. */
export type ApiCall = { readonly method: string; readonly path: string }

/** An address of the API server that counts who calls what. */
export type ApiTraffic = {
  /** Path of a kubeconfig by which a client calls through here, with the rights of the one given. */
  readonly kubeconfig: string
  readonly calls: () => readonly ApiCall[]
  readonly close: () => Promise<void>
}

/** Writes to objects: Events and Leases are not counted; a dry run is. */
export const isWrite = ({ method, path }: ApiCall): boolean =>
  method !== 'GET' && !/\/(events|leases)(\/|\?|$)/.test(path)

/** How to get to the API server of a kubeconfig. */
export async function upstreamOf(kubeconfig: string): Promise<Upstream> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  return { target: config.getCurrentCluster()?.server ?? '', options }
}

/** Writes a kubeconfig by which a client calls through a proxy, which adds the rights. */
export const kubeconfigThrough = (url: string): string =>
  writeKubeconfig(join(guardedDirectory('traffic'), 'kubeconfig'), {
    ...{ url, caPem: '', user: 'proxied', token: 'added-by-the-proxy' },
  })

/** Starts a proxy in front of the API server of a kubeconfig, on a free port of 127.0.0.1. */
export async function startApiTraffic(kubeconfig: string): Promise<ApiTraffic> {
  const calls: ApiCall[] = []
  const proxy = await startProxy(await upstreamOf(kubeconfig), ({ method, path, pass }) => {
    calls.push({ method, path })
    pass()
  })
  return { kubeconfig: kubeconfigThrough(proxy.url), calls: () => [...calls], close: proxy.close }
}
