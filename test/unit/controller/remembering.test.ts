import { describe, expect, test } from '@jest/globals'
import { createMemory } from '../../../src/controller/memory.ts'
import { createNamespaceCheck } from '../../../src/controller/namespaces.ts'
import { createSelfWriteTracker } from '../../../src/controller/own-writes.ts'
import type { CertCentral } from '../../../src/certcentral/index.ts'
import { NOW, inMinutes } from '../../support/builders.ts'
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
      keyIsNew: false,
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
    const own = createSelfWriteTracker()
    own.note(version('5'))
    expect([version('5'), version('6'), version('5', 'other')].map(own.has)).toEqual([true, false, false])
  })

  test('are known by the last one alone', () => {
    const own = createSelfWriteTracker()
    own.note(version('5'))
    own.note(version('6'))
    expect([version('5'), version('6')].map(own.has)).toEqual([false, true])
  })

  test('are forgotten with the object', () => {
    const own = createSelfWriteTracker()
    own.note(version('5'))
    own.forget(version('9'))
    expect(own.has(version('5'))).toBe(false)
  })

  test('are none where there is no version', () => {
    const own = createSelfWriteTracker()
    own.note({ metadata: { name: 'a' } })
    expect(own.has({ metadata: { name: 'b' } })).toBe(false)
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
