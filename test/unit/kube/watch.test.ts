import { describe, expect, test } from '@jest/globals'
import { type Thing, env, failureOf, path, thing, things, useClientEnv } from './support/client-env.ts'
import { eventually } from './support/eventually.ts'

useClientEnv()

describe('watches', () => {
  const watch = (signal: AbortSignal, resourceVersion = '100') =>
    env.client.watch<Thing>(things, { namespace: 'shop', resourceVersion, timeoutSeconds: 300, signal })

  test('events come in order, bookmarks included, until the server ends the watch', async () => {
    const stop = new AbortController()
    const types: string[] = []
    const done = (async () => {
      for await (const { type } of watch(stop.signal)) types.push(type)
    })()
    await eventually('the watch', () => env.api.openWatches() === 1)
    env.api.world.put(path, { metadata: { namespace: 'shop', name: 'ä' } })
    env.api.world.bookmark(path)
    env.api.world.delete(path, 'ä')
    await eventually('the events', () => types.length === 3)
    env.api.endWatches()
    await done
    expect(types).toEqual(['ADDED', 'BOOKMARK', 'DELETED'])
    expect(Object.fromEntries(env.api.watches()[0]?.query ?? [])).toEqual({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: '100',
      timeoutSeconds: '300',
    })
  })

  test.each([
    [
      'an ERROR event with 410',
      '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n',
      'expired',
    ],
    ['any other ERROR event', '{"type":"ERROR","object":{"kind":"Status","code":500}}\n', 'unknown'],
    ['a line that is not JSON', 'nonsense\n', 'unknown'],
    ['JSON that is not an event', '{"type":"ADDED"}\n', 'unknown'],
    ['a type that nobody knows', '{"type":"ODD","object":{"metadata":{"resourceVersion":"1"}}}\n', 'unknown'],
  ])('%s ends the watch with an error', async (_name, text, failure) => {
    const reading = failureOf(
      (async () => {
        for await (const event of watch(new AbortController().signal)) expect(event).toBeDefined()
      })(),
    )
    await eventually('the watch', () => env.api.openWatches() === 1)
    env.api.sendRaw(text)
    expect((await reading).failure).toBe(failure)
    await eventually('the connection is closed', () => env.api.openWatches() === 0)
  })

  test('an event that arrives in pieces, cut within a character, is one event', async () => {
    env.api.script((_seen, response) => {
      const bytes = Buffer.from('{"type":"ADDED","object":{"metadata":{"name":"ä","resourceVersion":"1"}}}\n')
      const cut = bytes.indexOf(0xc3) + 1
      response.write(bytes.subarray(0, cut))
      setImmediate(() => response.end(bytes.subarray(cut)))
      return true
    })
    const names: string[] = []
    for await (const { object } of watch(new AbortController().signal)) names.push(object.metadata.name)
    expect(names).toEqual(['ä'])
  })

  test('leaving the loop closes the connection', async () => {
    env.api.world.put(path, thing)
    for await (const event of watch(new AbortController().signal)) {
      expect(event.type).toBe('ADDED')
      break
    }
    await eventually('the watch is closed', () => env.api.openWatches() === 0)
  })
})
