import { afterEach, beforeEach } from '@jest/globals'
import { type KubeConnection, type KubeObject, type Resource, connect } from '../../../../src/kube/client.ts'
import { type Clock, systemClock } from '../../../../src/kube/clock.ts'
import { type Informer, type InformerOptions, createInformer } from '../../../../src/kube/informer.ts'
import { silentLog } from '../../../support/silent-log.ts'
import { eventually } from './eventually.ts'
import { type FakeApi, startFakeApi } from './fake-api.ts'
import { writeKubeconfig } from './kubeconfig-file.ts'
import { type MovableClock, movableClock } from './movable-clock.ts'

export type Thing = KubeObject & { value?: string }

export const things: Resource = { group: 'example.io', version: 'v1', plural: 'things', kind: 'Thing' }
export const path = '/apis/example.io/v1/namespaces/shop/things'

/** An idle limit that no test reaches, so that every timer that is set is a back-off. */
export const NEVER = 1e9

/** What a test of an informer has: it is made before each test. `told` has the changes that the informer delivered. */
export type InformerEnv = {
  api: FakeApi
  client: KubeConnection
  clock: MovableClock
  stop: AbortController
  told: string[]
}

export const env = {} as InformerEnv

/** Real time, twenty times as fast: the pauses within a call are not what is tested here. */
export const hastyClock: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 20, callback) }

/** Makes the environment before each test of the file that calls it, and closes it after. */
export function useInformerEnv(): void {
  beforeEach(async () => {
    const api = await startFakeApi()
    const kubeconfig = writeKubeconfig({ server: api.url }, {})
    const client = connect({ kubeconfig, userAgent: 'test/1', clock: hastyClock, requestTimeoutMs: 60_000 })
    Object.assign(env, { api, client, clock: movableClock(), stop: new AbortController(), told: [] })
  })

  afterEach(async () => {
    env.stop.abort()
    await env.client.close()
    await env.api.close()
  })
}

export function put(name: string, value = ''): KubeObject {
  return env.api.world.put(path, { metadata: { namespace: 'shop', name }, value })
}

export function informerOf(options: Partial<InformerOptions<Thing>> = {}): Informer<Thing> {
  return createInformer<Thing>({
    client: env.client,
    resource: things,
    namespace: 'shop',
    log: silentLog,
    clock: env.clock,
    random: () => 0.5,
    idleTimeoutMs: NEVER,
    onChange: ({ type, object, previous, initial }) => {
      const words = [type, object.metadata.name, object.value, previous && `was ${previous.value ?? ''}`]
      env.told.push([...words, initial && 'initial'].filter(Boolean).join(' '))
    },
    ...options,
  })
}

export async function started(options: Partial<InformerOptions<Thing>> = {}): Promise<Informer<Thing>> {
  const informer = informerOf(options)
  informer.start(env.stop.signal)
  await eventually('the first watch', () => env.api.openWatches() === 1)
  return informer
}

/** Waits for a back-off and answers how long it is. */
export function pausing(): Promise<number> {
  return eventually('a pause', () =>
    env.api.openWatches() === 0 ? env.clock.timers().find((ms) => ms < NEVER / 2) : undefined,
  )
}

/** Moves the env.clock over back-offs until the informer has a watch again. */
export async function reconnected(): Promise<void> {
  await eventually('a new watch', () => {
    env.clock.advance(1000)
    return env.api.openWatches() === 1
  })
}
