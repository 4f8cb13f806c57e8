import type { Informer } from './informer.ts'
import type { KubeObject } from './resource.ts'

/** Several informers of one kind, one for each watched namespace, started and read as one. */
export function manyInformers<T extends KubeObject>(informers: readonly Informer<T>[]): Informer<T> {
  return {
    start: (signal) => informers.forEach((informer) => informer.start(signal)),
    get: (key) => informers.map((informer) => informer.get(key)).find((found) => found !== undefined),
    list: () => informers.flatMap((informer) => informer.list()),
    by: (index, value) => informers.flatMap((informer) => informer.by(index, value)),
    size: () => informers.reduce((sum, informer) => sum + informer.size(), 0),
    synced: () => informers.every((informer) => informer.synced()),
    whenSynced: async (signal) => {
      await Promise.all(informers.map((informer) => informer.whenSynced(signal)))
    },
    noteWritten: (object) => informers.forEach((informer) => informer.noteWritten(object)),
    lastContactAt: () => Math.min(...informers.map((informer) => informer.lastContactAt())),
    stale: (afterMs) => informers.some((informer) => informer.stale(afterMs)),
  }
}
