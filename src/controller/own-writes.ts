import { LRUCache } from 'lru-cache'
import type { KubeObject } from '../kube/client.ts'

/**
 * Which versions of objects we wrote ourselves, so that the watch event of such a write starts no pass: the pass that
 * wrote it knew what it wrote.
 */
export type SelfWriteTracker = {
  note: (written: KubeObject) => void
  has: (object: KubeObject) => boolean
  forget: (object: KubeObject) => void
}

/**
 * Objects whose versions are kept at a time: three for each of more than twenty thousand orders. A deletion that no watch
 * reports, as of Secrets that are not watched, leaves its object here; one that is pushed out costs a pass that finds
 * nothing to do.
 */
const MOST_OBJECTS = 65_536

export const createSelfWriteTracker = (): SelfWriteTracker => {
  const versions = new LRUCache<string, string>({ max: MOST_OBJECTS })
  const idOf = ({ metadata }: KubeObject): string => metadata.uid ?? ''
  return {
    note: (written) => {
      const { resourceVersion } = written.metadata
      if (resourceVersion !== undefined) versions.set(idOf(written), resourceVersion)
    },
    has: (object) => {
      const version = versions.get(idOf(object))
      return version !== undefined && version === object.metadata.resourceVersion
    },
    forget: (object) => versions.delete(idOf(object)),
  }
}
