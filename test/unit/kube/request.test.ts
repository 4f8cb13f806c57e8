import { describe, expect, test } from '@jest/globals'
import { connect } from '../../../src/kube/client.ts'
import { type Thing, env, failureOf, thing, things, useClientEnv } from './support/client-env.ts'
import { eventually } from './support/eventually.ts'
import { refuse } from './support/fake-api.ts'
import { movableClock } from './support/movable-clock.ts'

useClientEnv()

describe('a request that fails', () => {
  test('a connection that breaks after the request is unknown, and the write is not repeated', async () => {
    env.api.script((_seen, response) => {
      response.socket?.destroy()
      return true
    })
    expect((await failureOf(env.client.create(things, thing))).failure).toBe('unknown')
    expect(env.api.seen).toHaveLength(1)
  })

  test('a create without an answer ends at its deadline as unknown, and is not repeated', async () => {
    env.api.script(() => true)
    const error = await failureOf(env.client.create(things, thing, { timeoutMs: 50 }))
    expect(error).toMatchObject({ failure: 'unknown', code: undefined })
    expect(error.message).toBe('create things a: unknown: no response within 50 ms')
    expect(env.api.seen).toHaveLength(1)
  })

  test('an answer that is not JSON is unknown', async () => {
    env.api.script((_seen, response) => {
      response.writeHead(200).end('<html>')
      return true
    })
    expect((await failureOf(env.client.create(things, thing))).failure).toBe('unknown')
  })

  test('a read is sent again while the server is away for a moment', async () => {
    let refused = 0
    env.api.script((seen, response) => ++refused <= 2 && refuse(503)(seen, response))
    expect((await env.client.list(things)).items).toEqual([])
    expect(env.api.seen).toHaveLength(3)
  })

  test('a read is sent four times at most', async () => {
    env.api.script(refuse(503))
    expect((await failureOf(env.client.list(things))).failure).toBe('unavailable')
    expect(env.api.seen).toHaveLength(4)
  })

  test('a throttled write waits as long as Retry-After says, and is sent again', async () => {
    const clock = movableClock()
    const patient = connect({ kubeconfig: env.kubeconfig, userAgent: 'test/1', clock, random: () => 0 })
    const lift = env.api.script(refuse(429, 'TooManyRequests', { 'retry-after': '7' }))
    const made = patient.create<Thing>(things, thing)
    await eventually('the first try', () => env.api.seen.length === 1 && clock.timers().length === 2)
    lift()
    expect(clock.timers()[0]).toBeGreaterThanOrEqual(7000)
    clock.advance(7100)
    expect((await made).spec).toEqual({ size: 1 })
    await patient.close()
  })
})
