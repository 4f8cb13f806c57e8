import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Account } from '../../../src/api/account.ts'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { Accounts, type AccountState, type AccountsOptions } from '../../../src/controller/accounts.ts'
import { KEPT_FOR } from '../../../src/controller/kept-sessions.ts'
import { type RateLimiters, createRateLimiters } from '../../../src/controller/rate-limiters.ts'
import { silentLog } from '../../support/silent-log.ts'
import { NOW, type OrderChange, anOrder } from '../../support/builders.ts'
import { anAccount } from '../../support/session.ts'
import { API_KEY, type FakeServer, answer, replay, startServer } from '../certcentral/fake-server.ts'

const REFUSAL = JSON.stringify({ errors: [{ code: 'unauthorized', message: 'Bad API key' }] })
const KEY = 'DigiCertAccount/shop/certcentral'

/** A cluster with one account and its Secret, and a CertCentral that takes the key until `isKeyTaken` says no. */
type World = {
  accounts: Accounts
  rateLimiters: RateLimiters
  orders: DigiCertOrder[]
  account: Account | undefined
  secret: object | undefined
  now: Date
}

let server: FakeServer
let isKeyTaken: boolean
let world: World

const changed = (spec: OrderChange['spec'], metadata: OrderChange['metadata'] = {}) =>
  anOrder({ spec: { accountRef: { kind: 'DigiCertAccount', name: 'certcentral' }, ...spec }, metadata })
const revoking = changed({ deletionPolicy: 'RevokeOrder' })
const going = changed({ deletionPolicy: 'RevokeOrder' }, { deletionTimestamp: NOW.toISOString() })
const retained = changed({})

const secretOf = (apiKey: string): object => ({
  metadata: { name: 'certcentral', namespace: 'shop' },
  data: { 'api-key': Buffer.from(apiKey).toString('base64') },
})

const begin = (): World => {
  const rateLimiters = createRateLimiters()
  const options = {
    kube: {
      get: () => Promise.resolve(world.secret),
      replace: (_resource: object, account: object) => Promise.resolve(account),
    },
    caches: { DigiCertAccount: { get: () => world.account, applyLocalWrite: () => undefined } },
    reach: { allowedHosts: [new URL(server.url).host], allowHttp: 'yes' },
    requestTimeoutMs: 2000,
    userAgent: 'test/1',
    rateLimiters,
    placedOn: () => [],
    ordersOf: () => world.orders,
    now: () => world.now,
    holdSecret: () => () => undefined,
    onCall: () => undefined,
    wakeOrders: () => undefined,
    lookAgain: () => undefined,
    announce: () => undefined,
    log: silentLog,
  } as unknown as AccountsOptions
  const account = anAccount({ url: server.url })
  return {
    accounts: new Accounts(options),
    rateLimiters,
    orders: [going],
    account,
    secret: secretOf(API_KEY),
    now: NOW,
  }
}

beforeEach(async () => {
  isKeyTaken = true
  server = await startServer((request, response) =>
    (isKeyTaken ? replay('user/me') : answer(401, REFUSAL))(request, response),
  )
  world = begin()
  await world.accounts.refresh(KEY)
})
afterEach(async () => {
  Object.assign(world, { account: undefined, orders: [] })
  await world.accounts.refresh(KEY)
  await server.close()
})

const stateFor = async (order: DigiCertOrder): Promise<AccountState['kind']> => (await world.accounts.of(order)).kind

const STEPS = {
  'its account goes': () => (world.account = undefined),
  'its API key goes': () => (world.secret = undefined),
  'the time is over': () => (world.now = new Date(world.now.getTime() + KEPT_FOR)),
  'the time is nearly over': () => (world.now = new Date(world.now.getTime() + KEPT_FOR - 1000)),
  'the clock is set back a day': () => (world.now = new Date(world.now.getTime() - 86_400_000)),
  'no order has a policy any more': () => (world.orders = [retained]),
  'another account gets the name': () => {
    const { metadata, ...rest } = anAccount({ url: server.url })
    world.account = { ...rest, metadata: { ...metadata, uid: 'uid-another' } }
  },
  'the account is edited': () => {
    const { metadata, ...rest } = anAccount({ url: server.url })
    world.account = { ...rest, metadata: { ...metadata, generation: 2 } }
  },
} as const

type Step = keyof typeof STEPS

/** What an order that is being deleted gets after these steps, and what one that lives on does. */
const ENDS: readonly (readonly [
  steps: readonly Step[],
  deleted: AccountState['kind'],
  living: AccountState['kind'],
])[] = [
  [['its account goes'], 'ready', 'missing'],
  [['its API key goes'], 'ready', 'not-ready'],
  [['its API key goes', 'its account goes'], 'ready', 'missing'],
  [['its account goes', 'its API key goes'], 'ready', 'missing'],
  [['its API key goes', 'the account is edited'], 'ready', 'not-ready'],
  [['its account goes', 'the time is nearly over'], 'ready', 'missing'],
  [['its account goes', 'the time is over'], 'missing', 'missing'],
  [['its account goes', 'the clock is set back a day'], 'missing', 'missing'],
  [['its API key goes', 'the time is over'], 'not-ready', 'not-ready'],
  [['its account goes', 'no order has a policy any more'], 'missing', 'missing'],
  [['its account goes', 'its API key goes', 'another account gets the name'], 'not-ready', 'not-ready'],
  [['its API key goes', 'another account gets the name'], 'not-ready', 'not-ready'],
]

describe('where, with an order that has something to end,', () => {
  test.each(ENDS)(
    '%j, one that is being deleted finds it %s and one that lives on %s',
    async (steps, deleted, living) => {
      for (const step of steps) {
        STEPS[step]()
        await world.accounts.refresh(KEY)
      }
      expect([await stateFor(going), await stateFor(revoking)]).toEqual([deleted, living])
    },
  )

  test.each<(typeof ENDS)[number]>([
    [['its account goes'], 'ready', 'missing'],
    [['its API key goes', 'its account goes'], 'ready', 'missing'],
    [['its API key goes', 'another account gets the name'], 'not-ready', 'not-ready'],
    [['its API key goes', 'the account is edited'], 'ready', 'not-ready'],
  ])('%j unseen, one that is being deleted finds it %s and one that lives on %s', async (steps, deleted, living) => {
    for (const step of steps) STEPS[step]()
    expect([await stateFor(going), await stateFor(revoking)]).toEqual([deleted, living])
  })
})

test('the session that is kept is the one of before, with its calls counted as before', async () => {
  const before = await world.accounts.of(going)
  const counted = world.rateLimiters.groupOf(KEY)
  world.account = undefined
  await world.accounts.refresh(KEY)

  expect(await world.accounts.of(going)).toEqual(before)
  expect(world.rateLimiters.groupOf(KEY)).toBe(counted)
  expect(world.accounts.isKept(KEY)).toBe(true)
})

test('a key that CertCentral refuses is not kept', async () => {
  world.account = undefined
  await world.accounts.refresh(KEY)
  const state = await world.accounts.of(going)
  isKeyTaken = false
  if (state.kind === 'ready') await state.session.client.userMe().catch(() => undefined)

  expect(await stateFor(going)).toBe('missing')
  expect(world.accounts.isKept(KEY)).toBe(false)
})

test.each<readonly [string, readonly DigiCertOrder[]]>([
  ['no order names', []],
  ['only orders name whose end is no matter', [retained]],
])('nothing of an account that %s is kept, however often one is made', async (_what, orders) => {
  const account = world.account
  world.orders = [...orders]
  for (let time = 0; time < 50; time += 1) {
    world.account = account
    world.secret = secretOf(`${API_KEY}${String(time)}`)
    await world.accounts.refresh(KEY)
    world.account = undefined
    await world.accounts.refresh(KEY)
  }
  expect(world.accounts.isKept(KEY)).toBe(false)
  expect(world.rateLimiters.states()).toEqual([])
})

test('an account that is there again is used as it is now', async () => {
  const account = world.account
  world.account = undefined
  await world.accounts.refresh(KEY)
  world.account = account
  await world.accounts.refresh(KEY)

  expect([await stateFor(going), await stateFor(revoking)]).toEqual(['ready', 'ready'])
  expect(world.accounts.isKept(KEY)).toBe(false)
})
