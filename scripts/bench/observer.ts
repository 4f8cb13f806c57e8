import type { DigiCertOrder } from '../../src/api/order.ts'
import { type KubeConnection, connect } from '../../src/kube/client.ts'
import { isReady } from '../../test/support/cluster.ts'
import { waitFor } from '../../test/support/wait-for.ts'

const ORDERS = { group: 'digicert-operator.io', version: 'v1alpha1', plural: 'digicertorders', kind: 'DigiCertOrder' }

/** Sees when orders become Ready, by one watch. */
export type Observer = {
  /** When each was first seen Ready, on the clock of `performance.now`. */
  readonly readyAt: ReadonlyMap<string, number>
  /** Waits until so many are. */
  readonly untilReady: (count: number, limitMs: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts to watch; `told` hears of each version of each order. */
export async function observe(
  kubeconfig: string,
  namespace: string,
  told: (order: DigiCertOrder) => void = () => undefined,
): Promise<Observer> {
  const client: KubeConnection = connect({ kubeconfig, userAgent: 'bench' })
  const stop = new AbortController()
  const readyAt = new Map<string, number>()
  const note = (order: DigiCertOrder): void => {
    if (isReady(order) && !readyAt.has(order.metadata.name)) readyAt.set(order.metadata.name, performance.now())
    told(order)
  }
  let { resourceVersion } = await client.list<DigiCertOrder>(ORDERS, { namespace, limit: 1 })
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const where = { namespace, resourceVersion, timeoutSeconds: 3600, signal: stop.signal }
      for await (const { type, object } of client.watch<DigiCertOrder>(ORDERS, where)) {
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion
        if (type !== 'BOOKMARK') note(object)
      }
    }
  }
  const following = follow().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  return {
    readyAt,
    untilReady: async (count, limitMs) => {
      const all = waitFor(() => Promise.resolve(readyAt.size >= count), {
        what: `${count} Ready`,
        limitMs,
        everyMs: 50,
      })
      await Promise.race([all, following.then(() => all)])
    },
    close: async () => {
      stop.abort()
      await following
      await client.close()
    },
  }
}
