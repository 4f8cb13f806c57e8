import { describe, expect, test } from '@jest/globals'
import { createMemory } from '../../../src/controller/memory.ts'
import { type FeedOptions, createStatusFeed } from '../../../src/controller/status-feed.ts'
import { NOW, anOrder, inMinutes, named, withStatus } from '../../support/builders.ts'
import { aSession } from '../../support/session.ts'
import { type Answering, answer, replay, withServer } from '../certcentral/fake-server.ts'

const WEEK = 7 * 24 * 3600

const known = (name: string, id: number, status: string, certificateId?: number) =>
  anOrder(
    named(name),
    withStatus({
      order: { id, status, purchase: 1, ...(certificateId === undefined ? {} : { certificateId }) },
    }),
  )

const listening = (orders: readonly ReturnType<typeof known>[] = []) => {
  const memory = createMemory(NOW)
  const woken: string[] = []
  const reaches: string[] = []
  const clock = { at: NOW }
  const options: FeedOptions = {
    accounts: { noteReach: (_session, message) => void reaches.push(message) },
    memory,
    ordersById: (_account, id) => orders.filter(({ status }) => status?.order?.id === id),
    wake: (key) => void woken.push(key),
    now: () => clock.at,
  }
  return { feed: createStatusFeed(options), memory, woken, reaches, clock }
}

const secondsOf = (url: string): number => Number(/\/(\d+)$|seconds=(\d+)/.exec(url)?.slice(1).find(Boolean))

describe('the feed of an account', () => {
  test('wakes the orders that it has news of, with what it said', async () => {
    const { feed, memory, woken } = listening([
      known('news', 112_233, 'pending'),
      known('reissued', 112_234, 'reissue_pending', 1),
      known('same', 112_235, 'canceled'),
      known('odd', 112_236, 'pending'),
    ])
    await withServer([replay('status-changes/some')], (client) => feed.poll(aSession({ client })))
    expect(woken).toEqual(['shop/news', 'shop/reissued', 'shop/odd'])
    expect(memory.of('shop/news').heard).toEqual({ orderId: 112_233, status: 'issued', certificateId: 113 })
    expect(memory.of('shop/reissued').heard).toEqual({
      orderId: 112_234,
      status: 'reissue_pending',
      certificateId: 114,
    })
    expect(memory.of('shop/odd').heard).toEqual({ orderId: 112_236, status: 'awaiting_stars' })
    expect(memory.of('shop/same').heard).toBeUndefined()
  })

  test('wakes nobody where nothing is new', async () => {
    const { feed, woken } = listening([known('shop', 112_233, 'issued', 113)])
    await withServer([replay('status-changes/some'), replay('status-changes/none')], async (client) => {
      await feed.poll(aSession({ client }))
      await feed.poll(aSession({ client }))
    })
    expect(woken).toEqual([])
  })

  test('asks for a week at first, then from a little before the last time', async () => {
    const { feed, clock } = listening()
    const seconds = await withServer([replay('status-changes/none')], async (client, server) => {
      await feed.poll(aSession({ client }))
      clock.at = inMinutes(1)
      await feed.poll(aSession({ client }))
      clock.at = inMinutes(60 * 24 * 30)
      await feed.poll(aSession({ client }))
      return server.seen.map(({ url }) => secondsOf(url))
    })
    expect(seconds).toEqual([WEEK, 180, WEEK])
  })

  test('asks again for what it missed when a poll failed', async () => {
    const { feed, clock } = listening()
    const answers: Answering[] = [
      replay('status-changes/none'),
      answer(400, '{"errors":[{"code":"invalid_value","message":"no"}]}'),
      replay('status-changes/none'),
    ]
    const seconds = await withServer(answers, async (client, server) => {
      for (const minutes of [0, 1, 5]) {
        clock.at = inMinutes(minutes)
        await feed.poll(aSession({ client }))
      }
      return server.seen.map(({ url }) => secondsOf(url))
    })
    expect(seconds).toEqual([WEEK, 180, 420])
  })

  test('asks for all that it may after the clock was set back, as nobody knows how long ago it last asked', async () => {
    const { feed, clock } = listening()
    const seconds = await withServer([replay('status-changes/none')], async (client, server) => {
      await feed.poll(aSession({ client }))
      clock.at = inMinutes(-60)
      await feed.poll(aSession({ client }))
      return server.seen.map(({ url }) => secondsOf(url))
    })
    expect(seconds).toEqual([WEEK, WEEK])
  })

  test.each<readonly [string, number, number]>([
    ['that CertCentral breaks', 500, 1],
    ['nothing of a pause', 429, 0],
    ['nothing of a refusal, which the orders meet themselves', 403, 0],
  ])(
    'says of the account %s',
    async (_what, status, count) => {
      const { feed, reaches } = listening()
      await withServer([answer(status, '{"errors":[{"code":"access_denied|missing_permission"}]}')], (client) =>
        feed.poll(aSession({ client })),
      )
      expect(reaches).toHaveLength(count)
    },
    20_000,
  )
})
