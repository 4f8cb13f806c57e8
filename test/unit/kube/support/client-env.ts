import { afterEach, beforeEach } from '@jest/globals'
import {
  type KubeConnection,
  type KubeError,
  type KubeObject,
  type Resource,
  connect,
} from '../../../../src/kube/client.ts'
import { type FakeApi, startFakeApi } from './fake-api.ts'
import { writeKubeconfig } from './kubeconfig-file.ts'

export type Thing = KubeObject & { spec?: Record<string, unknown> }

export const things: Resource = { group: 'example.io', version: 'v1', plural: 'things', kind: 'Thing' }
export const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' }
export const path = '/apis/example.io/v1/namespaces/shop/things'
export const token = 'a-token-that-nobody-may-read'
export const thing: Thing = { metadata: { namespace: 'shop', name: 'a' }, spec: { size: 1 } }

/** What a test of a client has: it is made before each test. */
export type ClientEnv = { api: FakeApi; kubeconfig: string; client: KubeConnection }

export const env = {} as ClientEnv

/** Makes the environment before each test of the file that calls it, and closes it after. */
export function useClientEnv(): void {
  beforeEach(async () => {
    const api = await startFakeApi()
    const kubeconfig = writeKubeconfig({ server: api.url }, { token })
    Object.assign(env, { api, kubeconfig, client: connect({ kubeconfig, userAgent: 'test/1', random: () => 0 }) })
  })

  afterEach(async () => {
    await env.client.close()
    await env.api.close()
  })
}

export function failureOf(call: Promise<unknown>): Promise<KubeError> {
  return call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as KubeError,
  )
}
