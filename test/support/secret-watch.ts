import { KubeConfig, CoreV1Api, type V1Secret, Watch } from '@kubernetes/client-node'
import { waitFor } from './wait-for.ts'

const OPERATOR = 'digicert-operator'

/** A version of a Secret. */
export type Written = { readonly name: string; readonly data: Readonly<Record<string, Buffer>> }

/** A watch over the Secrets of certificates in a namespace. */
export type SecretWatch = {
  /** Waits until every version that there is by now was told. */
  readonly upToDate: () => Promise<void>
  readonly stop: () => void
}

/**
 * Tells every version of every Secret of a certificate that the operator wrote, by a watch, so that none is missed. A
 * version of whose data somebody else wrote a part is what a test did to it, and is not told.
 */
export async function watchSecrets(
  kubeconfig: string,
  namespace: string,
  told: (secret: Written) => void,
): Promise<SecretWatch> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const core = config.makeApiClient(CoreV1Api)
  const ending = new AbortController()
  const seen = new Set<string>()
  const hear = (type: string, secret: V1Secret): void => {
    seen.add(versionOf(secret))
    if (type !== 'DELETED' && isCertificate(secret) && isOperators(secret)) told(contentOf(secret))
  }
  /** Watches from where a list ends, as a server that was restarted may have forgotten what was seen last. */
  const watchFromNow = async (): Promise<void> => {
    const { metadata, items } = await core.listNamespacedSecret({ namespace })
    for (const secret of items) hear('LISTED', secret)
    await watchFrom(metadata?.resourceVersion ?? '')
  }
  const watchFrom = async (resourceVersion: string): Promise<void> => {
    let [latest, isForgotten] = [resourceVersion, false]
    const path = `/api/v1/namespaces/${namespace}/secrets`
    const onEvent = (type: string, secret: V1Secret): void => {
      if (type === 'ERROR') isForgotten = true
      else latest = secret.metadata?.resourceVersion ?? latest
      hear(type, secret)
    }
    const again = (): void => {
      if (ending.signal.aborted) return
      const next = () => (isForgotten ? watchFromNow() : watchFrom(latest))
      void waitFor(() => next().then(() => true), { what: 'watch of Secrets', limitMs: 60_000, everyMs: 200 })
    }
    const watching = await new Watch(config).watch(path, { resourceVersion }, onEvent, again)
    ending.signal.addEventListener('abort', () => {
      watching.abort()
    })
  }
  await watchFromNow()
  return {
    upToDate: async () => {
      const list = () => core.listNamespacedSecret({ namespace })
      const { items } = await waitFor(list, { what: 'list of Secrets', limitMs: 30_000 })
      const versions = items.filter(isCertificate).map(versionOf)
      await waitFor(() => Promise.resolve(versions.every((version) => seen.has(version))), {
        what: 'every version of every Secret',
        limitMs: 10_000,
        everyMs: 20,
      })
    },
    stop: () => {
      ending.abort()
    },
  }
}

const versionOf = ({ metadata }: V1Secret): string => `${metadata?.name ?? ''}@${metadata?.resourceVersion ?? ''}`

const isCertificate = ({ type }: V1Secret): boolean => type === 'kubernetes.io/tls'

/** Whether all of the data was written by the operator. */
const isOperators = ({ metadata }: V1Secret): boolean =>
  (metadata?.managedFields ?? []).every(
    ({ manager, fieldsV1 }) => manager === OPERATOR || !('f:data' in ((fieldsV1 ?? {}) as object)),
  )

const contentOf = ({ metadata, data }: V1Secret): Written => ({
  name: metadata?.name ?? '',
  data: Object.fromEntries(Object.entries(data ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
})
