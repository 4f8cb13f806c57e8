import { isFailure } from '../kube/client.ts'
import type { Secret, SecretStore } from './secrets.ts'

/** Reads of one pass. */
export type PassReads = Pick<SecretStore, 'read'> & {
  /** Time has gone by, or one Secret was made: what was absent may be there. */
  forget: (namespace?: string, name?: string) => void
}

/**
 * Keeps what the API server said of Secrets that no cache knows, which are mostly those that do not exist yet, so that
 * not each step of a pass asks for them anew. Whoever waited for CertCentral between two steps has to forget, unless the
 * next step itself finds what was made meanwhile.
 *
 * @param refused what a Secret is that may not be read: where a namespace is deleted, the rights of the operator may go
 * before the orders, which are ended without their Secrets
 */
export const createPassReads = (
  { read: ask, peek }: Pick<SecretStore, 'read' | 'peek'>,
  refused: 'absent' | 'error' = 'error',
): PassReads => {
  const read = async (namespace: string, name: string): Promise<Secret | undefined> => {
    try {
      return await ask(namespace, name)
    } catch (error) {
      if (refused === 'absent' && isFailure(error, 'forbidden')) return undefined
      throw error
    }
  }
  const answers = new Map<string, Promise<Secret | undefined>>()
  return {
    read: async (namespace, name) => {
      const known = peek(namespace, name)
      if (known) return known
      const key = `${namespace}/${name}`
      const answer = answers.get(key) ?? read(namespace, name)
      answers.set(key, answer)
      return answer
    },
    forget: (namespace, name) => {
      if (namespace === undefined || name === undefined) answers.clear()
      else answers.delete(`${namespace}/${name}`)
    },
  }
}
