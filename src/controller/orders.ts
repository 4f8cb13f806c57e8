import { isDeepStrictEqual } from 'node:util'
import { API_VERSION, FIELD_MANAGER, FINALIZER, GROUP, VERSION } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import type { OrderStatus } from '../api/status.ts'
import { type KubeClient, type Resource, isFailure } from '../kube/client.ts'
import type { SelfWriteTracker } from './own-writes.ts'

export const ORDERS: Resource = { group: GROUP, version: VERSION, plural: 'digicertorders', kind: 'DigiCertOrder' }

/** An order as the API server shows one by itself: objects out of a list lack their own kind. */
export const withTypeMeta = (order: DigiCertOrder) => ({ ...order, apiVersion: API_VERSION, kind: 'DigiCertOrder' })

type Cache = { applyLocalWrite: (order: DigiCertOrder) => void }

/** How often a write is repeated because somebody else changed something that is none of ours. */
const PATIENCE = 5

/** The status of orders. The only writer of it. */
export type StatusWriter = {
  /**
   * Writes the whole status as a compare-and-swap on the object as it was read: this is at once the record before a
   * crash, the finder of stale caches and the fence between two leaders (ADR 0004).
   * Nothing is written where nothing changed. A change of labels or annotations meanwhile is no obstacle; a change of
   * spec or status is a conflict.
   *
   * @returns the order as stored, or `undefined` where it changed under us or is gone
   */
  write: (read: DigiCertOrder, status: OrderStatus) => Promise<DigiCertOrder | undefined>
  /** Adds or takes away our finalizer, as a compare-and-swap; `undefined` where the order changed under us or is gone. */
  finalize: (read: DigiCertOrder, how: 'add' | 'remove') => Promise<DigiCertOrder | undefined>
}

const sameBase = (live: DigiCertOrder, read: DigiCertOrder): boolean =>
  live.metadata.uid === read.metadata.uid &&
  live.metadata.generation === read.metadata.generation &&
  isDeepStrictEqual(live.status ?? {}, read.status ?? {})

/** Replaces the status of an order as it was read; `undefined` where it changed or is gone. */
const replaceStatus = async (
  kube: KubeClient,
  base: DigiCertOrder,
  status: OrderStatus,
): Promise<DigiCertOrder | undefined> => {
  const wanted = { ...withTypeMeta(base), status }
  try {
    const stored = await kube.replace(ORDERS, wanted, { subresource: 'status', fieldManager: FIELD_MANAGER })
    // The same object stays the same, and what was found out of it is known.
    return stored.metadata.generation === base.metadata.generation ? { ...stored, spec: base.spec } : stored
  } catch (error) {
    if (isFailure(error, 'conflict', 'not-found')) return undefined
    throw error
  }
}

export const createStatusWriter = (
  kube: KubeClient,
  cache: Cache,
  own: Pick<SelfWriteTracker, 'note'>,
): StatusWriter => {
  const write = async (read: DigiCertOrder, status: OrderStatus): Promise<DigiCertOrder | undefined> => {
    if (isDeepStrictEqual(status, read.status ?? {})) return read
    let base = read
    for (let tries = 0; tries < PATIENCE; tries += 1) {
      const stored = await replaceStatus(kube, base, status)
      if (stored) {
        // Another writer's change came in between, and its watch event may be missing: ours has to start a pass for it.
        if (base === read) own.note(stored)
        cache.applyLocalWrite(stored)
        return stored
      }
      const { namespace, name } = read.metadata
      const live = await kube.get<DigiCertOrder>(ORDERS, { namespace, name })
      if (!live) return undefined
      cache.applyLocalWrite(live)
      if (!sameBase(live, read)) return undefined
      base = live
    }
    return undefined
  }
  const finalize = async (read: DigiCertOrder, how: 'add' | 'remove'): Promise<DigiCertOrder | undefined> => {
    const { resourceVersion, finalizers = [] } = read.metadata
    const others = finalizers.filter((name) => name !== FINALIZER)
    const patch = { metadata: { resourceVersion, finalizers: how === 'add' ? [...others, FINALIZER] : others } }
    try {
      const changed = await kube.mergePatch<DigiCertOrder>(ORDERS, read.metadata, patch, {
        fieldManager: FIELD_MANAGER,
      })
      cache.applyLocalWrite(changed)
      return changed
    } catch (error) {
      if (isFailure(error, 'conflict', 'not-found')) return undefined
      throw error
    }
  }
  return { write, finalize }
}
