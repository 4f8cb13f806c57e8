import { describe, expect, test } from '@jest/globals'
import { createPassReads } from '../../../src/controller/pass-reads.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { KubeError } from '../../../src/kube/client.ts'

const secret = (name: string, resourceVersion = '1'): Secret => ({
  metadata: { name, namespace: 'shop', resourceVersion },
})

/** A cluster and a cache of a part of it, which a test changes as it likes. */
const world = () => {
  const cluster = new Map<string, Secret>()
  const cache = new Map<string, Secret>()
  const key = (namespace: string, name: string): string => `${namespace}/${name}`
  const reads = createPassReads({
    peek: (namespace, name) => cache.get(key(namespace, name)),
    read: (namespace, name) => Promise.resolve(cluster.get(key(namespace, name))),
  })
  return { cluster, cache, reads }
}

describe('the reads of a pass', () => {
  test('keep to it that a Secret is absent, until they are to forget', async () => {
    const { cluster, reads } = world()
    expect(await reads.read('shop', 'shop-tls')).toBeUndefined()
    cluster.set('shop/shop-tls', secret('shop-tls'))
    expect(await reads.read('shop', 'shop-tls')).toBeUndefined()
    reads.forget()
    expect(await reads.read('shop', 'shop-tls')).toEqual(secret('shop-tls'))
  })

  test.each(['absent', 'error'] as const)('take a Secret that may not be read for %s', async (refused) => {
    const forbidden = new KubeError('forbidden', 'get secrets shop-tls: 403')
    const reads = createPassReads({ peek: () => undefined, read: () => Promise.reject(forbidden) }, refused)
    const answer = await reads.read('shop', 'shop-tls').catch(() => 'error')
    expect(answer ?? 'absent').toBe(refused)
  })

  test('take a Secret for absent only where the API server says that it may not be read', async () => {
    const away = new KubeError('unavailable', 'get secrets shop-tls: no answer')
    const reads = createPassReads({ peek: () => undefined, read: () => Promise.reject(away) }, 'absent')
    await expect(reads.read('shop', 'shop-tls')).rejects.toBe(away)
  })

  test('forget one Secret and keep the others', async () => {
    const { cluster, reads } = world()
    for (const name of ['a', 'b']) await reads.read('shop', name)
    for (const name of ['a', 'b']) cluster.set(`shop/${name}`, secret(name))
    reads.forget('shop', 'a')
    expect(await reads.read('shop', 'a')).toEqual(secret('a'))
    expect(await reads.read('shop', 'b')).toBeUndefined()
  })

  test('give what the cache holds, whatever was said before', async () => {
    const { cache, reads } = world()
    await reads.read('shop', 'a')
    cache.set('shop/a', secret('a', '2'))
    expect(await reads.read('shop', 'a')).toEqual(secret('a', '2'))
    cache.set('shop/a', secret('a', '3'))
    expect(await reads.read('shop', 'a')).toEqual(secret('a', '3'))
  })
})
