import type { DigiCertOrder } from '../../src/api/order.ts'
import { type KubeConnection, type KubeObject, type Resource, connect } from '../../src/kube/client.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { ORDERS } from './stand.ts'

/** What has conditions: an order, or a Certificate of cert-manager. */
type Conditioned = KubeObject & {
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined
}

type Condition = { readonly type: string; readonly status: string; readonly observedGeneration?: number | undefined }

const isReady = ({ metadata, status }: Conditioned): boolean =>
  (status?.conditions ?? []).some(
    ({ type, status: state, observedGeneration }) =>
      type === 'Ready' && state === 'True' && observedGeneration === metadata.generation,
  )

/** Sees when objects become Ready, by one watch. */
export type Observer = {
  /** When each was first seen Ready, on the clock of `performance.now`. */
  readonly readyAt: ReadonlyMap<string, number>
  /** Waits until so many are. */
  readonly untilReady: (count: number, limitMs: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Watches orders; `told` hears of each version of each. */
export const observe = (
  kubeconfig: string,
  namespace: string,
  told?: (order: DigiCertOrder) => void,
): Promise<Observer> =>
  observeAll({ kubeconfig, namespace, resource: ORDERS }, told && ((order) => told(order as DigiCertOrder)))

/** Watches objects of a kind in a namespace; `told` hears of each version of each. */
export async function observeAll(
  { kubeconfig, namespace, resource }: { kubeconfig: string; namespace: string; resource: Resource },
  told?: (object: Conditioned) => void,
): Promise<Observer> {
  const client: KubeConnection = connect({ kubeconfig, userAgent: 'bench' })
  const stop = new AbortController()
  const readyAt = new Map<string, number>()
  const note = (object: Conditioned): void => {
    const { name } = object.metadata
    if (isReady(object) && !readyAt.has(name)) readyAt.set(name, performance.now())
    told?.(object)
  }
  let { resourceVersion } = await client.list<Conditioned>(resource, { namespace, limit: 1 })
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const where = { namespace, resourceVersion, timeoutSeconds: 3600, signal: stop.signal }
      for await (const { type, object } of client.watch<Conditioned>(resource, where)) {
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
