import { describe, expect, test } from '@jest/globals'
import { connect } from '../../../src/kube/client.ts'
import { type Thing, env, failureOf, thing, things, useClientEnv } from './support/client-env.ts'
import { refuse } from './support/fake-api.ts'
import { rewriteKubeconfig, writeKubeconfig } from './support/kubeconfig-file.ts'

useClientEnv()

describe('the observer of requests', () => {
  test('gets the method and the status of each, and <error> without a response', async () => {
    const told: string[] = []
    const observed = connect({
      ...{ kubeconfig: env.kubeconfig, userAgent: 'test/1', random: () => 0 },
      observer: (method, code) => told.push(`${method} ${code}`),
    })
    await observed.create<Thing>(things, thing)
    await observed.get<Thing>(things, { namespace: 'shop', name: 'none' })
    await env.api.close()
    await failureOf(observed.delete(things, { namespace: 'shop', name: 'a' }))
    await observed.close()
    expect(told).toEqual(['POST 201', 'GET 404', 'DELETE <error>'])
  })
})

describe('credentials', () => {
  test('after a 401 they are read again, once, and the call goes through', async () => {
    env.api.script((seen, response) => seen.headers.authorization !== 'Bearer fresh' && refuse(401)(seen, response))
    rewriteKubeconfig(env.kubeconfig, { server: env.api.url }, { token: 'fresh' })
    expect((await env.client.create<Thing>(things, thing)).spec).toEqual({ size: 1 })
    expect(env.api.seen).toHaveLength(2)
    await env.client.list(things)
    expect(env.api.seen).toHaveLength(3)
  })

  test('a 401 that stays is an error after two tries', async () => {
    env.api.script(refuse(401, 'Unauthorized'))
    expect((await failureOf(env.client.create(things, thing))).failure).toBe('unauthorized')
    expect(env.api.seen).toHaveLength(2)
  })

  test('a credential plugin that fails is unavailable, and what it printed is not passed on', async () => {
    const args = ['-c', 'echo SECRETWORD >&2; exit 1']
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args }
    const file = writeKubeconfig({ server: env.api.url }, { exec })
    const locked = connect({ kubeconfig: file, userAgent: 'test/1', random: () => 0 })
    const error = await failureOf(locked.create(things, thing))
    expect([error.failure, error.message]).toEqual([
      'unavailable',
      'create things a: unavailable: no answer (CREDENTIALS_UNREADABLE)',
    ])
    await locked.close()
  })

  test('many calls refused at once read the credentials once', async () => {
    env.api.script((seen, response) => seen.headers.authorization !== 'Bearer fresh' && refuse(401)(seen, response))
    rewriteKubeconfig(env.kubeconfig, { server: env.api.url }, { token: 'fresh' })
    await Promise.all([env.client.list(things), env.client.list(things), env.client.list(things)])
    expect(env.api.seen).toHaveLength(6)
  })
})
