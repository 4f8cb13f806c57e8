import { describe, expect, test } from '@jest/globals'
import { combineInformers } from '../../../src/kube/informer.ts'
import { eventually, settle } from './support/eventually.ts'
import { type Thing, env, informerOf, path, put, reconnected, started, useInformerEnv } from './support/informer-env.ts'
import { recordingLog } from './support/recording-log.ts'

useInformerEnv()

describe('listing and watching', () => {
  test('the first list is read in pages, delivered as initial, and makes it synced', async () => {
    for (let index = 0; index < 1201; index++) put(`n${index}`)
    const informer = informerOf()
    expect(informer.hasSynced()).toBe(false)
    informer.start(env.stop.signal)
    await informer.whenSynced()
    expect([informer.hasSynced(), informer.list().length, env.told.length]).toEqual([true, 1201, 1201])
    expect(env.told.every((line) => line.endsWith('initial'))).toBe(true)
    expect(env.api.lists().map(({ query }) => query.get('continue'))).toEqual([null, '500', '1000'])
  })

  test('a watch asks for bookmarks and for an end after 290 to 580 seconds', async () => {
    await started({ random: () => 0 })
    const { query } = env.api.watches()[0] ?? {}
    expect(query?.get('allowWatchBookmarks')).toBe('true')
    expect(query?.get('timeoutSeconds')).toBe('290')
    expect(query?.get('resourceVersion')).toBe(String(env.api.world.version()))
  })

  test('additions, updates and deletions arrive in the cache and are delivered once', async () => {
    const informer = await started()
    put('a', 'one')
    put('a', 'two')
    await eventually('two', () => informer.get('shop/a')?.value === 'two')
    env.api.world.delete(path, 'a')
    await eventually('gone', () => informer.list().length === 0)
    expect(env.told).toEqual(['added a one', 'updated a two was one', 'deleted a two'])
  })

  test('managed fields are not kept, and a transform replaces that', async () => {
    const object = { metadata: { namespace: 'shop', name: 'a', managedFields: [{ manager: 'x' }] }, value: 'one' }
    env.api.world.put(path, object)
    const plain = await started()
    expect(plain.get('shop/a')?.metadata).not.toHaveProperty('managedFields')
    const bare = informerOf({ transform: ({ metadata }) => ({ metadata }) })
    bare.start(env.stop.signal)
    await bare.whenSynced()
    expect(bare.get('shop/a')).not.toHaveProperty('value')
  })

  test('a handler that throws is logged, and the rest goes on', async () => {
    put('a')
    const log = recordingLog()
    const informer = await started({
      log,
      onChange: () => {
        throw new Error('broken handler')
      },
    })
    put('b')
    await eventually('b', () => informer.get('shop/b'))
    expect(log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['error'])).toEqual([
      'broken handler',
      'broken handler',
    ])
  })

  test('it can be started once', async () => {
    const informer = await started()
    expect(() => informer.start(env.stop.signal)).toThrow('once')
  })
})

describe('stopping', () => {
  test('during the list opens no watch, delivers nothing and rejects who waits', async () => {
    put('a')
    let release: (() => void) | undefined
    env.api.script(async () => {
      await new Promise<void>((resolve) => (release = resolve))
      return false
    })
    const informer = informerOf()
    informer.start(env.stop.signal)
    const waiting = informer.whenSynced(env.stop.signal)
    const open = await eventually('the list', () => release)
    env.stop.abort(new Error('stopped'))
    open()
    await expect(waiting).rejects.toThrow('stopped')
    await settle()
    expect([env.told, env.api.watches()]).toEqual([[], []])
  })

  test('during a watch closes it and logs nothing', async () => {
    const log = recordingLog()
    await started({ log })
    env.stop.abort()
    await eventually('no watch', () => env.api.openWatches() === 0)
    await settle()
    expect(log.lines).toEqual([])
    expect(env.clock.timers()).toEqual([])
  })
})

describe('reading what we wrote', () => {
  test('it is there at once, is not delivered by that, and is delivered when the watch brings it', async () => {
    put('a', 'one')
    const informer = await started()
    env.told = []
    env.api.silent(true)
    const written = put('a', 'two')
    informer.applyLocalWrite(written)
    expect([informer.get('shop/a')?.value, env.told]).toEqual(['two', []])
    env.api.endWatches()
    await eventually('the end', () => env.api.openWatches() === 0)
    env.api.silent(false)
    await reconnected()
    await eventually('the event', () => env.told.length > 0)
    expect(env.told).toEqual(['updated a two was one'])
  })
})

describe('several namespaces', () => {
  test('several informers are started and read as one', async () => {
    const other = '/apis/example.io/v1/namespaces/bank/things'
    put('a', 'one')
    env.api.world.put(other, { metadata: { namespace: 'bank', name: 'b' }, value: 'one' })
    const indexes = { value: ({ value }: Thing) => [value ?? ''] }
    const all = combineInformers(['shop', 'bank'].map((namespace) => informerOf({ namespace, indexes })))
    expect([all.hasSynced(), all.isStale(1), all.list().length]).toEqual([false, true, 0])
    all.start(env.stop.signal)
    await all.whenSynced()
    expect([all.hasSynced(), all.isStale(1), all.list().length]).toEqual([true, false, 2])
    expect(all.get('bank/b')).toBeDefined()
    expect(all.byIndex('value', 'one')).toHaveLength(2)
    const metadata = { namespace: 'bank', name: 'c', uid: 'c', resourceVersion: '999' }
    all.applyLocalWrite({ metadata, value: 'noted' })
    expect(all.list().filter(({ value }) => value === 'noted')).toHaveLength(1)
  })
})
