import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Account, AccountStatus } from '../../../src/api/account.ts'
import { createAccountStore } from '../../../src/controller/account-store.ts'
import { type Claim, type Ledger, createLedger } from '../../../src/controller/ledger.ts'
import { KubeError } from '../../../src/kube/client.ts'
import { NOW, inDays } from '../../support/builders.ts'
import { anAccount } from '../../support/session.ts'
import { settled } from '../certcentral/fake-server.ts'

const TODAY = '2026-11-24'
const TOMORROW = '2026-11-25'
const AT = NOW.toISOString()

type Fault = 'conflict' | 'lost-before' | 'lost-after' | 'forbidden'

/** An API server with one account, and what the caches of a process have of it. */
const server = (policy: Record<string, unknown>, scope: 'namespace' | 'cluster' = 'namespace') => {
  const made = anAccount({ policy })
  const { namespace, ...metadata } = made.metadata
  const key = scope === 'cluster' ? 'ClusterDigiCertAccount/certcentral' : 'DigiCertAccount/shop/certcentral'
  const state = {
    key,
    live: {
      ...made,
      metadata: { ...metadata, ...(scope === 'cluster' ? {} : { namespace }), resourceVersion: '1' },
    } as Account | undefined,
    at: NOW,
    writes: 0,
    faults: [] as (Fault | undefined)[],
    placed: [] as string[],
    /** Resolved when writes may go on. */
    gate: Promise.resolve(),
  }

  const store = (account: Account, status: AccountStatus): Account => {
    const resourceVersion = String(Number(account.metadata.resourceVersion) + 1)
    state.live = { ...account, status, metadata: { ...account.metadata, resourceVersion } }
    return state.live
  }
  const edit = (change: (account: Account) => Account): void => {
    if (state.live) store(change(state.live), change(state.live).status ?? {})
  }

  const replace = async (account: Account): Promise<Account> => {
    await state.gate
    const fault = state.faults.shift()
    if (fault === 'forbidden') throw new KubeError('forbidden', 'no right')
    if (fault === 'lost-before') throw new KubeError('unknown', 'no answer')
    const { live } = state
    if (!live) throw new KubeError('not-found', 'gone')
    if (fault === 'conflict' || account.metadata.resourceVersion !== live.metadata.resourceVersion)
      throw new KubeError('conflict', 'it has changed')
    state.writes += 1
    const stored = store(live, account.status ?? {})
    if (fault === 'lost-after') throw new KubeError('unknown', 'no answer')
    return stored
  }

  /** A process that begins with what is stored. */
  const start = (): Ledger & { sync: () => void } => {
    let cached = state.live
    const cache = { get: () => cached, applyLocalWrite: (account: Account) => void (cached = account) }
    const kube = {
      get: () => Promise.resolve(state.live),
      replace: (_resource: object, account: Account) => replace(account),
    }
    const caches = { DigiCertAccount: cache, ClusterDigiCertAccount: cache }
    const ledger = createLedger({
      now: () => state.at,
      placedOn: (_account, date) => (date === TODAY ? state.placed : []),
      store: createAccountStore(kube as never, caches),
    })
    return { ...ledger, today: ledger.today, sync: () => void (cached = state.live) }
  }
  return { state, start, edit, status: () => state.live?.status ?? {} }
}

const order = (name: string, namespace = 'shop', purchase = 1): Claim => ({ kind: 'order', namespace, name, purchase })
const names = (name: string): Claim => ({ kind: 'names', namespace: 'shop', name, purchase: 1 })
const record = ({ namespace, name, purchase }: Claim, time = AT) => ({ time, namespace, name, purchase })
const [A, B, C] = [order('a'), order('b'), order('c')]

/** A server, its key, and a process on it. */
const begin = (policy: Record<string, unknown> = {}, scope: 'namespace' | 'cluster' = 'namespace') => {
  const world = server(policy, scope)
  const ledger = world.start()
  const { key } = world.state
  return {
    ...world,
    ledger,
    key,
    claim: (claim: Claim) => ledger.claim(key, claim),
    giveBack: (claim: Claim) => ledger.giveBack(key, claim),
  }
}

describe('a reservation', () => {
  test('is stored before it is granted', async () => {
    const { claim, status, state } = begin()
    const asked = claim(A)
    expect(status()).toEqual({})
    expect(await asked).toBe('granted')
    expect(status()).toEqual({ dailyOrders: { date: TODAY, count: 1, nameChanges: 0 }, purchases: [record(A)] })
    expect(state.writes).toBe(1)
  })

  test('shares one write with all that are asked for with it, and another with those that come meanwhile', async () => {
    const { claim, state, ledger, key } = begin()
    let open = (): void => undefined
    state.gate = new Promise((resolve) => (open = resolve))
    const first = [1, 2, 3].map((n) => claim(order(`first-${n}`)))
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve()
    const later = [1, 2, 3, 4].map((n) => claim(order(`later-${n}`)))
    open()
    expect(new Set(await Promise.all([...first, ...later]))).toEqual(new Set(['granted']))
    expect(state.writes).toBe(2)
    expect(ledger.today(key).count).toBe(7)
  })

  test('is kept among the newest hundred', async () => {
    const { claim, ledger, key } = begin({ maxOrdersPerDay: 1000 })
    await Promise.all(Array.from({ length: 120 }, (_, n) => claim(order(`o${n}`))))
    expect(ledger.purchases(key)).toHaveLength(100)
    expect([ledger.purchases(key)[0]?.name, ledger.purchases(key).at(-1)?.name]).toEqual(['o20', 'o119'])
  })

  test('of the same purchase on the same day is one, and needs no write', async () => {
    const { claim, state, ledger, key } = begin({ maxOrdersPerDay: 1 })
    expect([await claim(A), await claim(A), await claim(B)]).toEqual(['granted', 'granted', 'limit'])
    expect([state.writes, ledger.today(key).count]).toEqual([1, 1])
  })

  test('of the same purchase waits until the first one is stored', async () => {
    const { claim, state } = begin()
    state.faults = ['lost-before', 'forbidden']
    await Promise.all([A, A].map((same) => expect(claim(same)).rejects.toThrow()))
  })

  test('of the next purchase of an order is another one', async () => {
    const { claim, ledger, key } = begin()
    await claim(A)
    await claim(order('a', 'shop', 2))
    expect(ledger.today(key).count).toBe(2)
  })

  test('is not granted where the write fails', async () => {
    const { claim, state, ledger, key, status } = begin()
    state.faults = ['forbidden']
    await expect(claim(A)).rejects.toThrow('no right')
    expect([ledger.today(key).count, status()]).toEqual([0, {}])
    expect(await claim(A)).toBe('granted')
  })

  test('whose write was not answered counts once, stored or not', async () => {
    for (const fault of ['lost-before', 'lost-after'] as const) {
      const { claim, state, status } = begin()
      state.faults = [fault]
      await expect(claim(A)).rejects.toThrow('no answer')
      expect(await claim(A)).toBe('granted')
      expect(status().dailyOrders?.count).toBe(1)
    }
  })

  test('is not granted by an account that is gone', async () => {
    const { claim, state } = begin()
    state.live = undefined
    expect(await claim(A)).toBe('conflict')
  })
})

describe('the limit of a day', () => {
  test('holds for all that ask at once, without a write for those beyond it', async () => {
    const { claim, state } = begin({ maxOrdersPerDay: 2 })
    expect(await Promise.all([A, B, C, order('d')].map(claim))).toEqual(['granted', 'granted', 'limit', 'limit'])
    expect(state.writes).toBe(1)
    expect(await claim(order('e'))).toBe('limit')
    expect(state.writes).toBe(1)
  })

  test('may be none', async () => {
    expect(await begin({ maxOrdersPerDay: 0 }).claim(A)).toBe('limit')
  })

  test('is read from the account as it is by now', async () => {
    const { claim, edit, ledger, key } = begin({ maxOrdersPerDay: 1 })
    await claim(A)
    edit((account) => ({
      ...account,
      spec: { ...account.spec, policy: { ...account.spec.policy, maxOrdersPerDay: 2 } },
    }))
    ledger.sync()
    expect(ledger.left(key, 'shop').orders).toBe(1)
    expect([await claim(B), await claim(C)]).toEqual(['granted', 'limit'])
  })

  test('begins again at midnight UTC', async () => {
    const { claim, state, ledger, key, status } = begin({ maxOrdersPerDay: 1 })
    await claim(A)
    state.at = inDays(0.5)
    expect(ledger.today(key)).toMatchObject({ date: TOMORROW, count: 0 })
    expect(await claim(B)).toBe('granted')
    expect(status().dailyOrders).toEqual({ date: TOMORROW, count: 1, nameChanges: 0 })
    expect(ledger.purchases(key).map(({ name }) => name)).toEqual(['a', 'b'])
  })

  test('counts a purchase that is sent again on another day', async () => {
    const { claim, state, ledger, key } = begin()
    await claim(A)
    state.at = inDays(0.5)
    await claim(A)
    expect(ledger.today(key).count).toBe(1)
  })

  test('does not begin again where the clock goes back over midnight', async () => {
    const { claim, state, ledger, key, status } = begin({ maxOrdersPerDay: 1 })
    state.at = inDays(0.5)
    await claim(A)
    state.at = NOW
    expect(ledger.today(key)).toMatchObject({ date: TODAY, count: 1 })
    expect(await claim(B)).toBe('limit')
    expect(await ledger.report(key, state.live!, {})).toBe('written')
    expect(status().dailyOrders?.date).toBe(TODAY)
    state.at = inDays(0.5)
    expect(await claim(B)).toBe('granted')
  })

  test('is left to a namespace as far as its share goes', async () => {
    const { claim, ledger, key, status } = begin({ maxOrdersPerDay: 3, maxOrdersPerDayPerNamespace: 2 }, 'cluster')
    const claims = [A, B, C, order('d', 'blog')]
    expect(await Promise.all(claims.map(claim))).toEqual(['granted', 'granted', 'limit', 'granted'])
    expect(status().dailyOrders?.namespaces).toEqual([
      { name: 'shop', count: 2 },
      { name: 'blog', count: 1 },
    ])
    expect(['shop', 'blog', 'docs'].map((name) => ledger.left(key, name).orders)).toEqual([0, 0, 0])
    expect(await claim(order('e', 'blog'))).toBe('limit')
  })

  test('leaves nothing to a namespace that finds no place in a full list of shares', async () => {
    const { claim, edit, ledger } = begin({ maxOrdersPerDay: 5000, maxOrdersPerDayPerNamespace: 2 }, 'cluster')
    const namespaces = Array.from({ length: 1000 }, (_, n) => ({ name: `n${n}`, count: 1 }))
    const dailyOrders = { date: TODAY, count: 1000, nameChanges: 0, namespaces }
    edit((account) => ({ ...account, status: { dailyOrders } }))
    ledger.sync()
    expect([await claim(A), await claim(order('a', 'n7'))]).toEqual(['limit', 'granted'])
  })

  test('of added names is one of its own', async () => {
    const { claim, ledger, key, status } = begin({ maxOrdersPerDay: 1, maxNameChangesPerDay: 2 })
    expect([await claim(A), await claim(names('a')), await claim(names('a'))]).not.toContain('limit')
    expect(await claim(names('b'))).toBe('limit')
    expect(ledger.left(key, 'shop')).toEqual({ orders: 0, nameChanges: 0 })
    expect(status()).toEqual({ dailyOrders: { date: TODAY, count: 1, nameChanges: 2 }, purchases: [record(A)] })
  })
})

describe('what is given back', () => {
  test('is used by the same purchase without a write', async () => {
    const { claim, giveBack, state, ledger, key } = begin({ maxOrdersPerDay: 1 })
    await claim(A)
    giveBack(A)
    expect(ledger.left(key, 'shop').orders).toBe(1)
    expect(await claim(A)).toBe('granted')
    expect([state.writes, ledger.left(key, 'shop').orders]).toEqual([1, 0])
  })

  test('is of no use where the limit was lowered since', async () => {
    const { claim, giveBack, edit, ledger } = begin({ maxOrdersPerDay: 1 })
    await claim(A)
    giveBack(A)
    edit((account) => ({ ...account, spec: anAccount({ policy: { maxOrdersPerDay: 0 } }).spec }))
    ledger.sync()
    expect(await claim(A)).toBe('limit')
  })

  test('is used by another purchase, whose name is written in its place', async () => {
    const { claim, giveBack, state, status } = begin({ maxOrdersPerDay: 1 })
    await claim(A)
    giveBack(A)
    expect([await claim(B), await claim(C)]).toEqual(['granted', 'limit'])
    expect(status()).toEqual({ dailyOrders: { date: TODAY, count: 1, nameChanges: 0 }, purchases: [record(B)] })
    expect(state.writes).toBe(2)
  })

  test('is written down with what is found of the account', async () => {
    const { claim, giveBack, state, status, ledger, key } = begin()
    await claim(A)
    giveBack(A)
    expect(await ledger.report(key, state.live!, { observedGeneration: 1 })).toBe('written')
    expect(status()).toEqual({ observedGeneration: 1 })
  })

  test('is given back once, and only where it was taken', async () => {
    const { claim, giveBack, ledger, key } = begin()
    giveBack(C)
    await claim(A)
    await claim(B)
    giveBack(A)
    giveBack(A)
    expect(ledger.today(key).count).toBe(1)
  })

  test('is not the first sending, of which nobody knows what became of it', async () => {
    const { claim, giveBack, ledger, key } = begin()
    await claim(A)
    await claim(A)
    giveBack(A)
    expect(ledger.today(key).count).toBe(1)
  })

  test('after midnight is of no use to the new day', async () => {
    const { claim, giveBack, state, ledger, key } = begin()
    await claim(A)
    state.at = inDays(0.5)
    await claim(B)
    giveBack(A)
    expect(ledger.today(key).count).toBe(1)
  })

  test('is not taken away twice where the write of it was not answered', async () => {
    const { claim, giveBack, state, status } = begin({ maxOrdersPerDay: 2 })
    await claim(A)
    await claim(C)
    giveBack(A)
    state.faults = ['lost-after']
    await expect(claim(B)).rejects.toThrow('no answer')
    await claim(B)
    expect(status().dailyOrders?.count).toBe(2)
  })
})

describe('another writer', () => {
  test('is read again and added to, its counts never lowered', async () => {
    const { claim, edit, status, ledger, key } = begin({ maxOrdersPerDay: 6 })
    const dailyOrders = { date: TODAY, count: 4, nameChanges: 2 }
    edit((account) => ({ ...account, status: { dailyOrders, purchases: [record(C)] } }))
    expect(await Promise.all([claim(A), claim(B), claim(order('d'))])).toEqual(['granted', 'granted', 'limit'])
    expect(status()).toEqual({
      dailyOrders: { date: TODAY, count: 6, nameChanges: 2 },
      purchases: [record(C), record(A), record(B)],
    })
    expect(ledger.today(key).count).toBe(6)
  })

  test('may have used up what was left', async () => {
    const { claim, edit } = begin({ maxOrdersPerDay: 1 })
    edit((account) => ({ ...account, status: { dailyOrders: { date: TODAY, count: 1, nameChanges: 0 } } }))
    expect(await claim(A)).toBe('limit')
  })

  test('that keeps writing is a conflict in the end, and what was given back is not forgotten over it', async () => {
    const { claim, giveBack, state, ledger, key } = begin()
    await claim(A)
    giveBack(A)
    state.faults = Array.from({ length: 5 }, () => 'conflict' as const)
    expect(await claim(B)).toBe('conflict')
    expect(ledger.today(key).count).toBe(0)
  })

  test('of the spec makes what was found of the account before of no value', async () => {
    const { edit, state, ledger, key, claim, status } = begin()
    const read = state.live!
    edit((account) => ({ ...account, metadata: { ...account.metadata, generation: 2 } }))
    const reported = ledger.report(key, read, { observedGeneration: 1 })
    expect([await claim(A), await reported]).toEqual(['granted', 'conflict'])
    expect(status()).toEqual({ dailyOrders: { date: TODAY, count: 1, nameChanges: 0 }, purchases: [record(A)] })
  })
})

describe('what is found of an account', () => {
  test('is written in one with reservations', async () => {
    const { ledger, key, state, claim, status } = begin()
    const reported = ledger.report(key, state.live!, { observedGeneration: 1 })
    expect([await claim(A), await reported]).toEqual(['granted', 'written'])
    expect(status()).toMatchObject({ observedGeneration: 1, dailyOrders: { count: 1 } })
    expect(state.writes).toBe(1)
  })

  test('is not written where nothing changed, and leaves the counts alone', async () => {
    const { ledger, key, state, claim, status } = begin()
    await claim(A)
    expect(await ledger.report(key, state.live!, {})).toBe('same')
    expect([state.writes, status().dailyOrders?.count]).toEqual([1, 1])
  })
})

describe('a new process', () => {
  test('begins with what is stored alone', async () => {
    const { claim, start, key } = begin({ maxOrdersPerDay: 2 })
    await claim(A)
    await claim(B)
    const next = start()
    expect([next.today(key).count, await next.claim(key, C)]).toEqual([2, 'limit'])
  })

  test('takes what was reserved and given back, but not written, for used', async () => {
    const { claim, giveBack, start, key } = begin({ maxOrdersPerDay: 1 })
    await claim(A)
    giveBack(A)
    const next = start()
    expect([await next.claim(key, B), await next.claim(key, A)]).toEqual(['limit', 'granted'])
  })

  test.each([
    ['by the statuses of orders', ['shop', 'blog', 'shop'], undefined, 3],
    ['by the account, where orders are gone', ['shop'], { date: TODAY, count: 4 }, 4],
    [
      'by the statuses of orders, where the account lags behind',
      Array<string>(5).fill('shop'),
      { date: TODAY, count: 4 },
      5,
    ],
    ['not by what the account says of yesterday', ['shop'], { date: '2026-11-23', count: 9 }, 1],
    ['by what it says of tomorrow, which the clock was then', ['shop'], { date: TOMORROW, count: 3 }, 3],
  ])('counts %s', (_how, placed, written, wanted) => {
    const { state, edit, start, key } = begin()
    state.placed = placed
    if (written) edit((account) => ({ ...account, status: { dailyOrders: { ...written, nameChanges: 0 } } }))
    expect(start().today(key)).toMatchObject({ date: TODAY, count: wanted })
  })

  test('counts by namespace as well', () => {
    const { state, start, key } = begin({ maxOrdersPerDayPerNamespace: 2 }, 'cluster')
    state.placed = ['shop', 'blog', 'shop']
    expect(['shop', 'blog', 'docs'].map((name) => start().left(key, name).orders)).toEqual([0, 1, 2])
  })

  test('still counts where the account was made again', async () => {
    const { claim, edit, ledger } = begin({ maxOrdersPerDay: 1 })
    await claim(A)
    edit(({ metadata, spec }) => ({ spec, metadata: { ...metadata, uid: 'another' } }))
    ledger.sync()
    expect(await claim(B)).toBe('limit')
  })
})

describe('an account that is deleted', () => {
  const remove = ({ state, ledger, key }: Pick<ReturnType<typeof begin>, 'state' | 'ledger' | 'key'>) => {
    const { live } = state
    state.live = undefined
    ledger.sync()
    ledger.forget(key)
    return () => {
      state.live = live && { ...live, status: {}, metadata: { ...live.metadata, uid: 'another' } }
      ledger.sync()
    }
  }

  test('and made again gets no second day', async () => {
    const world = begin({ maxOrdersPerDay: 1 })
    await world.claim(A)
    remove(world)()
    expect(await world.claim(B)).toBe('limit')
  })

  test('is remembered until its day is over, whichever account is deleted then', async () => {
    const world = begin({ maxOrdersPerDay: 1 })
    const { ledger, claim, state } = world
    await claim(A)
    remove(world)
    await settled()
    ledger.forget('DigiCertAccount/shop/other')
    expect(ledger.size()).toBe(1)
    state.at = inDays(1)
    ledger.forget('DigiCertAccount/shop/other')
    expect(ledger.size()).toBe(0)
  })

  test('is not remembered where it bought nothing, nor for what a late pass asks of it', async () => {
    const world = begin()
    const { ledger, claim, giveBack, key, state } = world
    await ledger.report(key, state.live!, {})
    remove(world)
    await settled()
    expect(ledger.size()).toBe(0)
    giveBack(A)
    expect([await claim(A), ledger.today(key).count, ledger.size()]).toEqual(['conflict', 0, 0])
  })
})

type Deed =
  | { kind: 'claim'; at: number; what: 'bought' | 'refused' | 'unknown' }
  | { kind: 'crash' | 'report' | 'midnight' | 'sync' }
  | { kind: 'fault'; fault: Fault }

const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('claim' as const),
        at: fc.nat(7),
        what: fc.constantFrom('bought' as const, 'refused' as const, 'unknown' as const),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'report' as const, 'sync' as const) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'midnight' as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('fault' as const),
        fault: fc.constantFrom<Fault>('conflict', 'lost-before', 'lost-after', 'forbidden'),
      }),
    },
  ),
  { maxLength: 40 },
)

test('whatever is claimed, refused, lost and restarted, no more is bought on a day than the limit', async () => {
  const property = fc.asyncProperty(
    deeds,
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
    async (all, most, share) => {
      const world = server({ maxOrdersPerDay: most, maxOrdersPerDayPerNamespace: share }, 'cluster')
      const { state } = world
      let ledger = world.start()
      /** Purchases by day; the same one sent again is one. */
      const bought = new Map<string, Set<string>>()
      const running: Promise<unknown>[] = []

      const buy = async ({ at, what }: Extract<Deed, { kind: 'claim' }>): Promise<void> => {
        const claim = order(`o${at}`, at % 2 === 0 ? 'shop' : 'blog')
        const [own, day] = [ledger, state.at.toISOString().slice(0, 10)]
        const answer = await own.claim(state.key, claim).catch(() => 'failed' as const)
        if (answer !== 'granted' || own !== ledger || day !== state.at.toISOString().slice(0, 10)) return
        if (what !== 'refused') bought.set(day, (bought.get(day) ?? new Set()).add(`${claim.namespace}/${claim.name}`))
        if (what === 'refused') own.giveBack(state.key, claim)
      }

      for (const deed of all) {
        if (deed.kind === 'claim') running.push(buy(deed))
        else if (deed.kind === 'fault') state.faults.push(deed.fault)
        else if (deed.kind === 'report') running.push(ledger.report(state.key, state.live!, {}).catch(() => undefined))
        else if (deed.kind === 'crash') ledger = world.start()
        else {
          await Promise.all(running)
          if (deed.kind === 'midnight') state.at = new Date(state.at.getTime() + 86_400_000)
          if (deed.kind === 'sync') ledger.sync()
        }
      }
      await Promise.all(running)
      for (const purchases of bought.values()) {
        expect(purchases.size).toBeLessThanOrEqual(most)
        for (const namespace of ['shop', 'blog'])
          expect([...purchases].filter((name) => name.startsWith(namespace)).length).toBeLessThanOrEqual(share)
      }
    },
  )
  await fc.assert(property, { numRuns: 500 })
})
