import { LRUCache } from 'lru-cache'
import type { KubeClient, KubeObject, Resource } from '../kube/client.ts'
import type { Session } from './accounts.ts'

const NAMESPACES: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' }

/** How long the labels of a namespace are believed, in milliseconds. */
const BELIEVED = 30_000

/** Namespaces whose labels are kept at a time; those of others are read again. */
const MOST_NAMESPACES = 1_000

type Labels = Readonly<Record<string, string>>

/**
 * Makes the check of a cluster account's `policy.namespaces`: why the orders of a namespace may not use it, or
 * `undefined` where they may. Labels are read only where a policy asks for some.
 */
export const createNamespaceCheck = (kube: Pick<KubeClient, 'get'>, now: () => Date) => {
  const known = new LRUCache<string, { labels: Labels; at: number }>({ max: MOST_NAMESPACES })

  const labelsOf = async (name: string): Promise<Labels> => {
    const cached = known.get(name)
    // A clock that was set back must not make them believed until it has caught up.
    if (cached && Math.abs(now().getTime() - cached.at) < BELIEVED) return cached.labels
    const namespace = await kube.get<KubeObject>(NAMESPACES, { name })
    const labels = namespace?.metadata.labels ?? {}
    known.set(name, { labels, at: now().getTime() })
    return labels
  }

  return async ({ account }: Session, namespace: string): Promise<string | undefined> => {
    const wanted = Object.entries(account.spec.policy.namespaces?.matchLabels ?? {})
    if (account.metadata.namespace !== undefined || wanted.length === 0) return undefined
    const labels = await labelsOf(namespace)
    const has = (name: string, value: string) => Object.hasOwn(labels, name) && labels[name] === value
    const lacking = wanted.filter(([name, value]) => !has(name, value)).map(([name, value]) => `${name}=${value}`)
    return lacking.length > 0
      ? `its policy.namespaces asks for ${lacking.join(', ')}, which namespace ${namespace} does not have`
      : undefined
  }
}
