import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type KubeConnection, connect } from '../../../src/kube/client.ts'
import { type Clock, systemClock } from '../../../src/kube/clock.ts'
import {
  type LeaderElector,
  type LeaseSpec,
  alwaysLeader,
  candidateIdentity,
  createLeaderElector,
  microTime,
} from '../../../src/kube/leader-election.ts'
import { silentLog } from '../../support/silent-log.ts'
import { eventually, settle } from './support/eventually.ts'
import { type FakeApi, refuse, startFakeApi } from './support/fake-api.ts'
import { writeKubeconfig } from './support/kubeconfig-file.ts'
import { type MovableClock, movableClock } from './support/movable-clock.ts'

const path = '/apis/coordination.k8s.io/v1/namespaces/ops/leases'

/** Real time, ten times as fast: the deadlines of calls are not what is tested here. */
const hastyClock: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 10, callback) }

let api: FakeApi
let client: KubeConnection
let clock: MovableClock
let candidates: LeaderElector[]

beforeEach(async () => {
  api = await startFakeApi()
  client = connect({ kubeconfig: writeKubeconfig({ server: api.url }, {}), userAgent: 'test/1', clock: hastyClock })
  clock = movableClock()
  candidates = []
})

afterEach(async () => {
  await Promise.all(candidates.map((candidate) => candidate.release()))
  await client.close()
  await api.close()
})

function candidate(identity: string, own: MovableClock = clock): LeaderElector {
  const made = createLeaderElector({
    client,
    namespace: 'ops',
    name: 'lock',
    identity,
    log: silentLog,
    clock: own,
    random: () => 0,
  })
  candidates.push(made)
  return made
}

async function leading(identity: string, own: MovableClock = clock): Promise<LeaderElector> {
  const leader = candidate(identity, own)
  leader.start()
  await leader.whenElected()
  return leader
}

function spec(): LeaseSpec {
  return api.world.get(path, 'lock')?.['spec'] ?? {}
}

/** The outcome so far of whether leadership was lost. */
function lossOf(leader: LeaderElector): () => string | undefined {
  let reason: string | undefined
  void leader.lost.then((given) => (reason = given))
  return () => reason
}

/** Moves the clock by so much, in steps short enough for everyone to do what they do every two seconds. */
async function pass(ms: number, step = 1000): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step)
    await settle()
  }
}

describe('becoming the leader', () => {
  test('the first candidate makes the lease, with times of exactly six decimals', async () => {
    const leader = await leading('one')
    expect(leader.isLeader()).toBe(true)
    expect(spec()).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-11-24T00:00:00.000000Z',
      renewTime: '2026-11-24T00:00:00.000000Z',
      leaseTransitions: 0,
    })
    expect(microTime(1)).toBe('1970-01-01T00:00:00.001000Z')
  })

  test('of two candidates one becomes the leader, and the other waits', async () => {
    const two = [candidate('one'), candidate('two')]
    for (const each of two) each.start()
    await eventually('a leader', () => two.some((each) => each.isLeader()))
    await pass(60_000, 2000)
    expect(two.filter((each) => each.isLeader())).toHaveLength(1)
    expect(two.filter((each) => each.remainingMs() > 0)).toHaveLength(1)
    expect(spec().leaseTransitions).toBe(0)
  })

  test('a candidate can stop waiting', async () => {
    await leading('one')
    const stop = new AbortController()
    const waiting = candidate('two').whenElected(stop.signal)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
  })

  test('identities are unique even for one host', () => {
    expect(candidateIdentity('pod-1')).toMatch(/^pod-1_[0-9a-f-]{36}$/)
    expect(candidateIdentity('pod-1')).not.toBe(candidateIdentity('pod-1'))
  })
})

describe('taking over', () => {
  function foreign(fields: LeaseSpec): void {
    const metadata = { namespace: 'ops', name: 'lock', labels: { kept: 'yes' } }
    api.world.put(path, { metadata, spec: { holderIdentity: 'other', leaseTransitions: 4, ...fields } })
  }

  test.each([
    ['long ago by our clock', '2001-01-01T00:00:00.000000Z'],
    ['far ahead by our clock', '2099-01-01T00:00:00.000000Z'],
  ])('a lease renewed %s is taken once it was seen unchanged for its own duration', async (_name, renewTime) => {
    foreign({ renewTime, leaseDurationSeconds: 40 })
    const leader = candidate('one')
    leader.start()
    await eventually('a look', () => api.seen.length > 0)
    await pass(39_000)
    expect(leader.isLeader()).toBe(false)
    await pass(4_000)
    expect(leader.isLeader()).toBe(true)
    expect(spec()).toMatchObject({ holderIdentity: 'one', leaseTransitions: 5, leaseDurationSeconds: 15 })
    expect(api.world.get(path, 'lock')?.metadata.labels).toEqual({ kept: 'yes' })
  })

  test('a lease that its holder keeps renewing is never taken', async () => {
    foreign({ leaseDurationSeconds: 15 })
    const leader = candidate('one')
    leader.start()
    for (let renewal = 0; renewal < 10; renewal++) {
      await pass(10_000, 2000)
      foreign({ leaseDurationSeconds: 15, renewTime: String(renewal) })
    }
    expect(leader.isLeader()).toBe(false)
  })

  test('a leader that died is followed as soon as its lease is over, not before', async () => {
    const dead = movableClock()
    await leading('one', dead)
    const heir = candidate('two')
    heir.start()
    await settle()
    await pass(15_000)
    expect(heir.isLeader()).toBe(false)
    await pass(2, 1)
    expect(heir.isLeader()).toBe(true)
    expect(spec()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 })
  })

  test('a released lease is free within seconds', async () => {
    const first = await leading('one')
    const lost = lossOf(first)
    const heir = candidate('two')
    heir.start()
    await settle()
    await first.release()
    expect(spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    expect([first.isLeader(), first.remainingMs()]).toEqual([false, 0])
    await pass(3_000)
    expect(heir.isLeader()).toBe(true)
    expect(lost()).toBeUndefined()
  })
})

describe('staying the leader', () => {
  /** Waits until the next attempt is two seconds away. */
  const untilRetryIsSet = () => eventually('the next attempt', () => clock.timers()[0] === 2_000)

  test('what remains is counted from before the last renewal was sent', async () => {
    const leader = await leading('one')
    expect(leader.remainingMs()).toBe(15_000)
    clock.advance(1500)
    expect(leader.remainingMs()).toBe(13_500)
    await pass(60_000, 2000)
    expect(leader.remainingMs()).toBeGreaterThanOrEqual(13_000)
  })

  test('a wall clock that leaps ahead, as after a suspended machine, ends the certainty', async () => {
    const leader = await leading('one')
    clock.setWall(clock.now() + 3_600_000)
    expect(leader.remainingMs()).toBe(0)
    await untilRetryIsSet()
    clock.advance(2_000)
    await eventually('a renewal', () => leader.remainingMs() === 15_000)
    clock.setWall(clock.now() - 3_600_000)
    expect(leader.remainingMs()).toBe(15_000)
  })

  test('a renewal that fails adds nothing to what remains', async () => {
    const leader = await leading('one')
    await untilRetryIsSet()
    clock.advance(2_000)
    await eventually('a renewal', () => leader.remainingMs() === 15_000)
    await untilRetryIsSet()
    api.script(refuse(500))
    clock.advance(2_000)
    await untilRetryIsSet()
    expect(leader.remainingMs()).toBe(13_000)
  })

  test('the leader does not read the lease to renew it', async () => {
    await leading('one')
    const before = api.seen.length
    await pass(20_000)
    expect(api.seen.slice(before).every(({ method }) => method === 'PUT')).toBe(true)
    expect(api.seen.length).toBeGreaterThan(before + 5)
  })

  test('a lease that another client touched or deleted is kept', async () => {
    const leader = await leading('one')
    const held = api.world.get(path, 'lock')
    if (held) api.world.put(path, { ...held, metadata: { ...held.metadata, labels: { touched: 'yes' } } })
    await pass(4_000)
    expect(leader.remainingMs()).toBeGreaterThan(12_000)
    api.world.delete(path, 'lock')
    await pass(4_000)
    expect([leader.remainingMs() > 12_000, spec().holderIdentity]).toEqual([true, 'one'])
  })

  test('an outage shorter than the deadline is survived', async () => {
    const leader = await leading('one')
    const lost = lossOf(leader)
    const lift = api.script(refuse(503))
    await pass(7_000)
    lift()
    await pass(10_000)
    expect([leader.isLeader(), lost()]).toEqual([true, undefined])
  })
})

describe('losing it', () => {
  test('renewals that fail for ten seconds end it, before the lease runs out', async () => {
    const leader = await leading('one')
    const lost = lossOf(leader)
    api.script(refuse(503))
    await pass(9_000)
    expect(leader.remainingMs()).toBeGreaterThan(0)
    await pass(1_500, 500)
    expect(lost()).toBe('not renewed for 10000 ms')
    expect([leader.isLeader(), leader.remainingMs()]).toEqual([false, 0])
  })

  test('renewals that hang end it too', async () => {
    const leader = await leading('one')
    const lost = lossOf(leader)
    api.script(() => true)
    await pass(10_500, 500)
    expect(lost()).toBe('not renewed for 10000 ms')
    expect(leader.remainingMs()).toBe(0)
  })

  test('another holder in the lease ends it at the next renewal', async () => {
    const leader = await leading('one')
    const lost = lossOf(leader)
    const metadata = { namespace: 'ops', name: 'lock' }
    api.world.put(path, { metadata, spec: { holderIdentity: 'two', leaseDurationSeconds: 15 } })
    await pass(4_000)
    expect([lost(), leader.isLeader()]).toEqual(['two holds the lease', false])
    expect(spec().holderIdentity).toBe('two')
  })

  test('a lease whose version went back, as of a restored database, stops leader and candidates', async () => {
    const leader = await leading('one')
    const waiting = candidate('two')
    waiting.start()
    await pass(4_000)
    const losses = [leader, waiting].map(lossOf)
    api.world.setVersion(50n)
    api.world.put(path, { metadata: { namespace: 'ops', name: 'lock' }, spec: { holderIdentity: 'one' } })
    await pass(6_000)

    const reason = 'the version of the lease has gone back: the database of the cluster was restored'
    expect(losses.map((loss) => loss())).toEqual([reason, reason])
    expect([leader, waiting].map((each) => each.remainingMs())).toEqual([0, 0])
  })

  test('who lost does not come back', async () => {
    const leader = await leading('one')
    const lift = api.script(refuse(503))
    await pass(11_000)
    lift()
    await pass(60_000, 5000)
    expect(leader.isLeader()).toBe(false)
  })
})

test('without election one always leads', async () => {
  const leader = alwaysLeader()
  leader.start()
  await leader.whenElected()
  expect([leader.isLeader(), leader.remainingMs()]).toEqual([true, Infinity])
})
