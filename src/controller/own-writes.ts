import type { KubeObject } from '../kube/client.ts'

/**
 * Which versions of objects we wrote ourselves, so that the watch event of such a write starts no pass: the pass that
 * wrote it knew what it wrote.
 */
export type OwnWrites = {
  note: (written: KubeObject) => void
  has: (object: KubeObject) => boolean
  forget: (object: KubeObject) => void
}

export const createOwnWrites = (): OwnWrites => {
  const versions = new Map<string, string | undefined>()
  const idOf = ({ metadata }: KubeObject): string => metadata.uid ?? ''
  return {
    note: (written) => versions.set(idOf(written), written.metadata.resourceVersion),
    has: (object) => {
      const version = versions.get(idOf(object))
      return version !== undefined && version === object.metadata.resourceVersion
    },
    forget: (object) => versions.delete(idOf(object)),
  }
}
