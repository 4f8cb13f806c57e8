import { describe, expect, test } from '@jest/globals'
import { createDayCounts } from '../../../src/controller/day-counts.ts'
import { createMemory } from '../../../src/controller/memory.ts'
import { createNamespaceCheck } from '../../../src/controller/namespaces.ts'
import { createOwnWrites } from '../../../src/controller/own-writes.ts'
import type { CertCentral } from '../../../src/certcentral/index.ts'
import { NOW, inDays, inMinutes } from '../../support/builders.ts'
import { aSession, anAccount } from '../../support/session.ts'

describe('memory', () => {
  test('begins with the start as the time of the last look', () => {
    expect(createMemory(NOW).of('shop/shop')).toEqual({
      lookedAt: NOW,
      heard: undefined,
      quickLooks: undefined,
      failedCalls: 0,
      searches: 0,
      searchedAt: undefined,
      csrSentAt: undefined,
      chain: undefined,
    })
  })

  test('is the same for the same order until it is forgotten, and apart for others', () => {
    const memory = createMemory(NOW)
    memory.of('shop/shop').failedCalls = 3
    expect([memory.of('shop/shop').failedCalls, memory.of('shop/blog').failedCalls]).toEqual([3, 0])
    memory.forget('shop/shop')
    expect(memory.of('shop/shop').failedCalls).toBe(0)
  })
})

describe('our own writes', () => {
  const version = (resourceVersion: string, uid = 'u') => ({ metadata: { name: 'a', uid, resourceVersion } })

  test('are known by UID and version', () => {
    const own = createOwnWrites()
    own.note(version('5'))
    expect([version('5'), version('6'), version('5', 'other')].map(own.has)).toEqual([true, false, false])
  })

  test('are known by the last one alone', () => {
    const own = createOwnWrites()
    own.note(version('5'))
    own.note(version('6'))
    expect([version('5'), version('6')].map(own.has)).toEqual([false, true])
  })

  test('are forgotten with the object', () => {
    const own = createOwnWrites()
    own.note(version('5'))
    own.forget(version('9'))
    expect(own.has(version('5'))).toBe(false)
  })

  test('are none where there is no version', () => {
    const own = createOwnWrites()
    own.note({ metadata: { name: 'a' } })
    expect(own.has({ metadata: { name: 'b' } })).toBe(false)
  })
})

describe('orders of a day', () => {
  const counting = (placed: number, written?: { date: string; count: number }) => {
    const clock = { at: NOW }
    const counts = createDayCounts({ now: () => clock.at, placedOn: () => placed, written: () => written })
    return { counts, clock }
  }

  test.each([
    ['by their statuses', 3, undefined, 3],
    ['by the account, where orders are gone', 1, { date: '2026-11-24', count: 4 }, 4],
    ['by their statuses, where the account lags behind', 5, { date: '2026-11-24', count: 4 }, 5],
    ['not by what the account says of yesterday', 1, { date: '2026-11-23', count: 9 }, 1],
  ] as const)('begin %s', (_how, placed, written, wanted) => {
    expect(counting(placed, written).counts.today('a')).toEqual({ date: '2026-11-24', count: wanted })
  })

  test('are claimed one by one, and never beyond the limit', () => {
    const { counts } = counting(1)
    expect([1, 2, 3, 4].map(() => counts.claim('a', 3))).toEqual([true, true, false, false])
    expect(counts.today('a').count).toBe(3)
    counts.giveBack('a')
    expect([counts.claim('a', 3), counts.claim('a', 3)]).toEqual([true, false])
  })

  test('are none with a limit of none', () => {
    expect(counting(0).counts.claim('a', 0)).toBe(false)
  })

  test('begin anew at midnight UTC', () => {
    const { counts, clock } = counting(0)
    counts.claim('a', 1)
    clock.at = inDays(0.5)
    expect(counts.today('a')).toEqual({ date: '2026-11-25', count: 0 })
    expect(counts.claim('a', 1)).toBe(true)
  })

  test('given back after midnight do not make the new day longer', () => {
    const { counts, clock } = counting(0)
    counts.claim('a', 1)
    clock.at = inDays(0.5)
    counts.giveBack('a')
    expect(counts.today('a').count).toBe(0)
  })

  test('are apart by account', () => {
    const { counts } = counting(0)
    counts.claim('a', 1)
    expect(counts.claim('b', 1)).toBe(true)
  })
})

describe('the namespaces that may use a cluster account', () => {
  const client = {} as CertCentral
  const clusterAccount = (policy: object) => {
    const account = anAccount({ policy })
    return aSession({ client, account: { ...account, metadata: { name: 'certcentral' } } })
  }
  const checking = (labels: Record<string, string> | undefined) => {
    const state = { labels, reads: 0, at: NOW }
    const get = () => {
      state.reads += 1
      return Promise.resolve(state.labels && { metadata: { name: 'shop', labels: state.labels } })
    }
    const check = createNamespaceCheck({ get: get as never }, () => state.at)
    return { check, state }
  }

  test.each<readonly [string, Record<string, string> | undefined, string | undefined]>([
    ['are those with the labels', { team: 'web', stage: 'prod' }, undefined],
    [
      'are not those with another value',
      { team: 'shop', stage: 'prod' },
      'its policy.namespaces asks for team=web, which namespace shop does not have',
    ],
    [
      'are not those without labels',
      {},
      'its policy.namespaces asks for team=web, stage=prod, which namespace shop does not have',
    ],
    [
      'are not those that are gone',
      undefined,
      'its policy.namespaces asks for team=web, stage=prod, which namespace shop does not have',
    ],
  ])('%s', async (_sentence, labels, wanted) => {
    const { check } = checking(labels)
    const session = clusterAccount({ namespaces: { matchLabels: { team: 'web', stage: 'prod' } } })
    expect(await check(session, 'shop')).toBe(wanted)
  })

  test.each(['constructor', 'toString'])('are not all for a label %s that they lack', async (name) => {
    const matchLabels = JSON.parse(`{${JSON.stringify(name)}:"web"}`) as Record<string, string>
    expect(await checking({}).check(clusterAccount({ namespaces: { matchLabels } }), 'shop')).toContain(`${name}=web`)
    const labelled = JSON.parse(`{${JSON.stringify(name)}:"web"}`) as Record<string, string>
    expect(await checking(labelled).check(clusterAccount({ namespaces: { matchLabels } }), 'shop')).toBeUndefined()
  })

  test('are all, unread, where the policy asks for no label', async () => {
    const { check, state } = checking(undefined)
    expect(await check(clusterAccount({}), 'shop')).toBeUndefined()
    expect(await check(clusterAccount({ namespaces: {} }), 'shop')).toBeUndefined()
    expect(state.reads).toBe(0)
  })

  test('are believed for half a minute, and no longer', async () => {
    const { check, state } = checking({ team: 'web' })
    const session = clusterAccount({ namespaces: { matchLabels: { team: 'web' } } })
    await check(session, 'shop')
    state.labels = {}
    state.at = inMinutes(0.4)
    expect(await check(session, 'shop')).toBeUndefined()
    state.at = inMinutes(0.5)
    expect(await check(session, 'shop')).toMatch(/asks for team=web/)
  })
})
