import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Account } from '../../../src/api/account.ts'
import { Accounts, type AccountsOptions } from '../../../src/controller/accounts.ts'
import { createRateLimiters } from '../../../src/controller/rate-limiters.ts'
import { createStatusFeed } from '../../../src/controller/status-feed.ts'
import { createMemory } from '../../../src/controller/memory.ts'
import { createNamespaceCheck } from '../../../src/controller/namespaces.ts'
import { createSelfWriteTracker } from '../../../src/controller/own-writes.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createRedactor } from '../../../src/telemetry/redact.ts'
import { NOW } from '../../support/builders.ts'
import { aSession, anAccount } from '../../support/session.ts'
import { type Answering, type FakeServer, movedClock, startServer } from '../certcentral/fake-server.ts'

/** Answers as CertCentral does to a key that it knows. A key that says so is refused, in an answer that shows the key. */
const byKey: Answering = ({ url, headers }, response) => {
  const apiKey = String(headers['x-dc-devkey'])
  if (apiKey.startsWith('REFUSED'))
    response.writeHead(401).end(JSON.stringify({ errors: [{ code: 'access_denied', message: `bad key ${apiKey}` }] }))
  else response.end(JSON.stringify(url?.endsWith('/user/me') ? { id: 1, first_name: 'Ada', last_name: 'Admin' } : {}))
}

let server: FakeServer
beforeAll(async () => {
  server = await startServer(byKey)
})
afterAll(() => server.close())

const keyNumber = (number: number): string => `N${String(number)}0K3Y5H0ULDN3V3RB3S33N`

/** The accounts of a cluster whose objects and Secrets a test changes, and all that is kept of them. */
const start = () => {
  const clock = movedClock(0)
  const objects = new Map<string, Account>()
  const secrets = new Map<string, string>()
  const rateLimiters = createRateLimiters(clock)
  const redactor = createRedactor()
  const cache = { get: (key: string) => objects.get(key), applyLocalWrite: () => undefined }
  const messages: string[] = []
  const accounts = new Accounts({
    kube: {
      get: (_resource: object, { name }: { name: string }) => {
        const apiKey = secrets.get(name)
        return Promise.resolve(
          apiKey === undefined ? undefined : { data: { 'api-key': Buffer.from(apiKey).toString('base64') } },
        )
      },
      replace: (_resource: object, account: Account) => {
        messages.push(account.status?.conditions?.[0]?.message ?? '')
        return Promise.resolve(account)
      },
    },
    caches: { DigiCertAccount: cache, ClusterDigiCertAccount: cache },
    operatorNamespace: 'digicert-operator',
    reach: { allowedHosts: [new URL(server.url).host], allowHttp: 'yes' },
    requestTimeoutMs: 5000,
    userAgent: 'test',
    rateLimiters,
    now: () => NOW,
    holdSecret: redactor.track,
    onCall: () => undefined,
    placedOn: () => [],
    ordersOf: () => [],
    log: silentLog,
    wakeOrders: () => undefined,
    lookAgain: () => undefined,
    announce: () => undefined,
  } as unknown as AccountsOptions)
  const feed = createStatusFeed({
    accounts,
    memory: createMemory(NOW),
    ordersById: () => [],
    wake: () => undefined,
    now: () => NOW,
  })

  /** As the controller does for an account that was made, edited or deleted. */
  const pass = async (name: string): Promise<void> => {
    const key = `DigiCertAccount/shop/${name}`
    const session = await accounts.refresh(key)
    if (session) await feed.poll(session)
    if (accounts.exists(key)) return
    accounts.forget(key)
    feed.forget(key)
  }
  const put = (name: string, apiKey: string, generation = 1): Promise<void> => {
    const { metadata, spec } = anAccount({ url: server.url, apiKeySecretRef: { name } })
    objects.set(`shop/${name}`, { metadata: { ...metadata, name, uid: `uid-${name}`, generation }, spec })
    secrets.set(name, apiKey)
    return pass(name)
  }
  const remove = (name: string): Promise<void> => {
    objects.delete(`shop/${name}`)
    secrets.delete(name)
    return pass(name)
  }
  const kept = () => ({
    accounts: accounts.size(),
    limiters: rateLimiters.size(),
    polled: feed.size(),
    secrets: redactor.trackedCount(),
  })
  return { accounts, rateLimiters, clock, redactor, messages, put, remove, kept }
}

const NOTHING = { accounts: 0, limiters: 0, polled: 0, secrets: 0 }
const MANY = 600
/** Budgets that no account uses and that are not full again yet. */
const MAX_UNUSED = 256

describe('what tenants can grow', () => {
  test('is gone with its accounts: hundreds that were made and deleted leave nothing but a bounded number of limiters', async () => {
    const { put, remove, kept, clock } = start()
    for (let number = 0; number < MANY; number += 1) {
      await put(`account-${String(number)}`, keyNumber(number))
      await remove(`account-${String(number)}`)
    }
    expect(kept()).toEqual({ ...NOTHING, limiters: MAX_UNUSED })
    await clock.advance(300_000)
    await put('last', keyNumber(0))
    await clock.advance(300_000)
    await remove('last')
    expect(kept()).toEqual(NOTHING)
  }, 60_000)

  test('is that of the last key, where one Secret is edited hundreds of times', async () => {
    const { put, kept, redactor, clock } = start()
    for (let number = 0; number < MANY; number += 1) await put('certcentral', keyNumber(number), number)
    expect(kept()).toMatchObject({ polled: 1, secrets: 1, limiters: MAX_UNUSED + 1 })
    expect(redactor.text(`${keyNumber(0)} ${keyNumber(MANY - 1)}`)).toBe(`${keyNumber(0)} [redacted]`)
    await clock.advance(300_000)
    await put('certcentral', keyNumber(MANY), MANY)
    expect(kept()).toMatchObject({ limiters: 1 })
  }, 60_000)

  test('is nothing where CertCentral refuses each key, and where no header could hold it', async () => {
    const { put, remove, kept, messages, clock } = start()
    for (let number = 0; number < 40; number += 1) {
      await put('refused', `REFUSED${keyNumber(number)}`, number)
      await put('too-long', `${String(number)}${'A1b2'.repeat(250_000)}`, number)
      await put('no-key', `no\u0001key ${String(number)}`, number)
    }
    expect(kept()).toMatchObject({ secrets: 0, limiters: 40 })
    expect(messages).toContain('the API key has more than 1024 characters')
    await clock.advance(300_000)
    for (const name of ['refused', 'too-long', 'no-key']) await remove(name)
    await clock.advance(300_000)
    await put('last', 'a')
    await clock.advance(300_000)
    await remove('last')
    expect(kept()).toEqual(NOTHING)
  }, 60_000)

  test('of written versions is bounded, though no deletion is seen', () => {
    const own = createSelfWriteTracker()
    const object = (number: number) => ({ metadata: { name: 'a', uid: `uid-${String(number)}`, resourceVersion: '1' } })
    for (let number = 0; number < 100_000; number += 1) own.note(object(number))
    expect(own.has(object(99_999))).toBe(true)
    expect(own.has(object(0))).toBe(false)
  })

  test('of the labels of namespaces is bounded: the oldest are read again', async () => {
    const reads: string[] = []
    const get = (_resource: object, { name }: { name: string }) => {
      reads.push(name)
      return Promise.resolve({ metadata: { name, labels: { team: 'web' } } })
    }
    const check = createNamespaceCheck({ get } as never, () => NOW)
    const { spec } = anAccount({ policy: { namespaces: { matchLabels: { team: 'web' } } } })
    const session = aSession({ client: undefined as never, account: { spec, metadata: { name: 'certcentral' } } })
    const names = Array.from({ length: 3000 }, (_each, number) => `namespace-${String(number)}`)
    for (const name of names) expect(await check(session, name)).toBeUndefined()
    for (const name of ['namespace-2999', 'namespace-0']) await check(session, name)
    expect(reads).toEqual([...names, 'namespace-0'])
  })
})

describe('the API key of an account', () => {
  const says = (key: string) => `it says ${key}`

  test('is kept out of the log once CertCentral accepted it, and until its account is gone', async () => {
    const { put, remove, redactor } = start()
    await put('one', keyNumber(1))
    await put('other', keyNumber(1))
    await remove('one')
    expect(redactor.text(says(keyNumber(1)))).toBe('it says [redacted]')
    await remove('other')
    expect(redactor.text(says(keyNumber(1)))).toBe(says(keyNumber(1)))
  })

  test.each([
    ['that CertCentral refuses', `REFUSED${keyNumber(1)}`],
    ['that is the name of an order', 'blindord'],
    ['that is a long name', 'payments-production-2-gateway'],
    ['that is the word of a simulator', 'demo'],
  ])('%s hides nothing of others', async (_what, apiKey) => {
    const { put, redactor, messages } = start()
    await put('certcentral', apiKey)
    expect(redactor.text(says(apiKey))).toBe(says(apiKey))
    expect(messages).toEqual([expect.not.stringContaining('REFUSED')])
  })

  test('that is refused at first is kept out of the log from the moment on that it is accepted', async () => {
    const { put, redactor } = start()
    await put('certcentral', `REFUSED${keyNumber(1)}`)
    await put('certcentral', keyNumber(1), 2)
    expect(redactor.text(says(keyNumber(1)))).toBe('it says [redacted]')
  })

  test('gets no other limiter by closing and opening the account', async () => {
    const { put, remove, rateLimiters } = start()
    const before = server.seen.length
    for (let round = 0; round < 10; round += 1) {
      await put('certcentral', keyNumber(1))
      await remove('certcentral')
    }
    await put('certcentral', keyNumber(1))
    const calls = server.seen.length - before
    expect(calls).toBeGreaterThan(20)
    expect(rateLimiters.states()).toMatchObject([['DigiCertAccount/shop/certcentral', { available: 90 - calls }]])
  })
})

describe('limiters of API keys', () => {
  const specOf = (url: string) => anAccount({ url }).spec
  const CERTCENTRAL = 'https://www.digicert.com/services/v2'

  test('that no account uses are dropped once they are full again, the longest unused first where there are many', async () => {
    const clock = movedClock(0)
    const rateLimiters = createRateLimiters(clock)
    for (let number = 0; number < 5000; number += 1) {
      const limiter = rateLimiters.limiterOf(`account-${String(number)}`, keyNumber(number), specOf(CERTCENTRAL))
      ;(await limiter.acquire('high')).release('used')
      rateLimiters.forget(`account-${String(number)}`)
    }
    expect(rateLimiters.size()).toBe(MAX_UNUSED)
    const room = (number: number) =>
      rateLimiters.limiterOf('again', keyNumber(number), specOf(CERTCENTRAL)).available('high')
    expect([room(4999), room(0)]).toEqual([89, 90])
    await clock.advance(300_000)
    rateLimiters.forget('again')
    expect(rateLimiters.size()).toBe(0)
  })

  test('are kept while a pause of CertCentral lasts, and while a call is under way', async () => {
    const clock = movedClock(0)
    const rateLimiters = createRateLimiters(clock)
    rateLimiters.limiterOf('paused', 'one', specOf(CERTCENTRAL)).pause(new Date(3_000_000))
    const slot = await rateLimiters.limiterOf('calling', 'other', specOf(CERTCENTRAL)).acquire('low')
    for (const account of ['paused', 'calling']) rateLimiters.forget(account)
    await clock.advance(1_000_000)
    rateLimiters.limiterOf('third', 'third', specOf(CERTCENTRAL))
    expect(rateLimiters.size()).toBe(3)
    expect(() => rateLimiters.limiterOf('paused', 'one', specOf(CERTCENTRAL)).throwIfPaused()).toThrow(/pause/)
    rateLimiters.forget('paused')
    slot.release('used')
    await clock.advance(2_000_000)
    rateLimiters.forget('third')
    expect(rateLimiters.size()).toBe(0)
  })

  test('are those of a host, however its URL is written', () => {
    const rateLimiters = createRateLimiters(movedClock(0))
    const one = rateLimiters.limiterOf('one', 'key', specOf(CERTCENTRAL))
    expect(rateLimiters.limiterOf('other', 'key', specOf('https://WWW.DigiCert.com:443/services/v2/'))).toBe(one)
  })

  test('have a gate each, though others were dropped in between', () => {
    const rateLimiters = createRateLimiters(movedClock(0))
    const gates = ['one', 'two', 'three', 'four'].map((account, number) => {
      rateLimiters.limiterOf(account, account, specOf(CERTCENTRAL))
      if (number === 1) rateLimiters.forget('one')
      return rateLimiters.groupOf(account)
    })
    expect(new Set(gates).size).toBe(4)
  })
})
