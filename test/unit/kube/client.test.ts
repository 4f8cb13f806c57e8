import { describe, expect, test } from '@jest/globals'
import { type Thing, env, failureOf, path, thing, things, token, useClientEnv } from './support/client-env.ts'

useClientEnv()

describe('calls', () => {
  test('an object goes through create, get, replace, merge patch and delete as raw JSON', async () => {
    const made = await env.client.create<Thing>(things, { ...thing, spec: { size: 1, futureField: [{ x: 1 }] } })
    expect(made).toMatchObject({ apiVersion: 'example.io/v1', kind: 'Thing', spec: { futureField: [{ x: 1 }] } })
    await env.client.replace(things, { ...made, spec: { size: 2 } })
    await env.client.mergePatch(things, { namespace: 'shop', name: 'a' }, { spec: { colour: 'red' } })
    const found = await env.client.get<Thing>(things, { namespace: 'shop', name: 'a' })
    expect(found?.spec).toEqual({ size: 2, colour: 'red' })
    await env.client.delete(things, { namespace: 'shop', name: 'a' })
    expect(await env.client.get(things, { namespace: 'shop', name: 'a' })).toBeUndefined()
  })

  test('a replace with an old version is a conflict and changes nothing', async () => {
    const made = await env.client.create<Thing>(things, thing)
    await env.client.replace(things, { ...made, spec: { size: 2 } })
    const error = await failureOf(env.client.replace(things, { ...made, spec: { size: 3 } }))
    expect(error).toMatchObject({ name: 'KubeError', failure: 'conflict', code: 409 })
    expect(env.api.world.get(path, 'a')?.['spec']).toEqual({ size: 2 })
  })

  test('apply names its field manager, and forces only on request', async () => {
    await env.client.apply(things, thing, { fieldManager: 'us' })
    await env.client.apply(things, thing, { fieldManager: 'us', force: 'force', dryRun: 'All', subresource: 'status' })
    const [gentle, forced] = env.api.seen
    expect(gentle?.headers['content-type']).toBe('application/apply-patch+yaml')
    expect(String(gentle?.query)).toBe('fieldManager=us')
    expect(String(forced?.query)).toBe('fieldManager=us&force=true&dryRun=All')
    expect(forced?.path).toBe(`${path}/a/status`)
    expect(JSON.parse(gentle?.body ?? '')).toMatchObject({ apiVersion: 'example.io/v1', kind: 'Thing' })
  })

  test.each([
    ['an absent object', { uid: undefined, stays: false, present: false }],
    ['an object of that UID', { uid: 'mine', stays: false, present: true }],
    ['an object of another UID, which stays', { uid: 'other', stays: true, present: true }],
  ])('removing succeeds for %s', async (_name, { uid, stays, present }) => {
    if (present) env.api.world.put(path, { ...thing, metadata: { ...thing.metadata, uid: 'mine' } })
    await env.client.delete(things, { namespace: 'shop', name: 'a' }, { uid })
    expect(env.api.world.get(path, 'a') !== undefined).toBe(stays)
  })

  test('lists are paged, and their items say what they are', async () => {
    for (const name of ['a', 'b', 'c']) env.api.world.put(path, { metadata: { namespace: 'shop', name } })
    const first = await env.client.list<Thing>(things, { namespace: 'shop', limit: 2, labelSelector: 'a in (b,c)' })
    expect(first.items.map((item) => [item.kind, item.apiVersion, item.metadata.name])).toEqual([
      ['Thing', 'example.io/v1', 'a'],
      ['Thing', 'example.io/v1', 'b'],
    ])
    const second = await env.client.list(things, { namespace: 'shop', limit: 2, continue: first.continue })
    expect(second.items).toHaveLength(1)
    expect(second.continue).toBeUndefined()
    expect(env.api.seen[0]?.query.get('labelSelector')).toBe('a in (b,c)')
  })

  test('the metadata of an object comes without what it holds, from the cache of the API server', async () => {
    await env.client.create<Thing>(things, thing)
    const found = await env.client.getMetadata(things, { namespace: 'shop', name: 'a' })
    expect(found?.metadata.name).toBe('a')
    expect(await env.client.getMetadata(things, { namespace: 'shop', name: 'none' })).toBeUndefined()
    const asked = env.api.seen.at(-1)
    expect(asked?.query.get('resourceVersion')).toBe('0')
    expect(asked?.headers.accept).toBe('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1')
  })

  test('many calls share few connections', async () => {
    for (let call = 0; call < 20; call++) await env.client.list(things)
    expect(env.api.connections()).toBeLessThanOrEqual(2)
  })

  test('each call names us and brings the token', async () => {
    await env.client.list(things)
    expect(env.api.seen[0]?.headers).toMatchObject({ 'user-agent': 'test/1', authorization: `Bearer ${token}` })
  })
})
