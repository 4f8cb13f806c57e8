import { randomUUID } from 'node:crypto'
import { type Clock, type Latch, createLatch, pause, systemClock } from './clock.ts'
import { isFailure } from './errors.ts'
import { type KubeClient, type Meta, type Resource, compareVersions } from './types.ts'
import type { Log } from '../telemetry/log.ts'

/** The right to act, of one process among several. */
export type Leadership = {
  readonly identity: string
  /** Becomes a candidate. */
  start: () => void
  /** Resolves once this process leads; rejects when the signal is aborted before. */
  whenLeading: (signal?: AbortSignal) => Promise<void>
  isLeading: () => boolean
  /**
   * Milliseconds for which nobody else can lead, for sure; 0 when this process does not. Counted from before the last
   * renewal was sent, on the monotonic clock, or on the wall clock where that went further, as after a suspended
   * machine wakes up. No fence, as clocks may run at different rates: leave a margin.
   */
  remainingMs: () => number
  /** Renews now instead of at the next turn; resolves with `remainingMs`, whether that went well or not. */
  renew: () => Promise<number>
  /**
   * Resolves with the reason when leadership was lost, or when the database of the cluster went back, of which nothing
   * that a process remembers can be believed, whether it leads or waits. Not for a release. All work must stop in that
   * tick.
   */
  readonly lost: Promise<string>
  /** Gives leadership up, so that another may have it within seconds; never rejects. To be called when work is done. */
  release: () => Promise<void>
}

export type LeaderOptions = {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>
  readonly namespace: string
  /** Name of the Lease. */
  readonly name: string
  /** Must be unique among all processes ever started, see {@link candidateIdentity}. */
  readonly identity: string
  readonly log: Log
  /** How long others wait before they take over; 15 seconds. */
  readonly leaseMs?: number
  /** How long renewals may fail before leadership counts as lost; 10 seconds. */
  readonly renewDeadlineMs?: number
  /** Pause between renewals, and twice the longest pause between tries of a candidate; 2 seconds. */
  readonly retryMs?: number
  readonly clock?: Clock
  readonly random?: () => number
}

/** An identity that no other process has: the host is for people to read, a restarted pod keeps its name. */
export function candidateIdentity(host: string): string {
  return `${host}_${randomUUID()}`
}

/** The stand-in for installations without election: it always leads, for ever. */
export function alwaysLeader(): Leadership {
  return {
    identity: 'always',
    start: () => undefined,
    whenLeading: () => Promise.resolve(),
    isLeading: () => true,
    remainingMs: () => Infinity,
    renew: () => Promise.resolve(Infinity),
    lost: new Promise(() => undefined),
    release: () => Promise.resolve(),
  }
}

type Elector = Required<LeaderOptions> & {
  phase: 'candidate' | 'leading' | 'over'
  /** The lease as last seen, and when it was seen to change: only that is compared with its duration. */
  observed: { readonly lease: Lease; readonly at: number } | undefined
  /** When the write that made or kept this process the leader was sent, on both clocks. */
  heldSince: { readonly monotonic: number; readonly wall: number }
  /** The claim under way, shared by whoever wants one. */
  claim: Promise<void> | undefined
  cancelDeadline: () => void
  readonly elected: Latch
  readonly stop: AbortController
  readonly lose: (reason: string) => void
}

/**
 * Leader election by a Lease, with the rules of client-go: whoever sees the lease unchanged for its recorded duration
 * may take it, by compare-and-swap. Times written by others are never compared with our clock.
 */
export function createLeader(options: LeaderOptions): Leadership {
  let resolveLost: (reason: string) => void = () => undefined
  const lost = new Promise<string>((resolve) => (resolveLost = resolve))
  const elector = createElector(options, (reason) => {
    if (elector.phase === 'over') return
    end(elector)
    elector.log.error('Leadership is lost', { lease: elector.name, reason })
    resolveLost(reason)
  })
  return {
    identity: options.identity,
    lost,
    start: () => void campaign(elector),
    whenLeading: elector.elected.opened,
    isLeading: () => elector.phase === 'leading',
    remainingMs: () => remainingMs(elector),
    renew: async () => {
      // A claim that is under way may have been sent long ago.
      await elector.claim
      if (elector.phase === 'leading') await claim(elector)
      return remainingMs(elector)
    },
    release: () => release(elector),
  }
}

function createElector(options: LeaderOptions, lose: (reason: string) => void): Elector {
  return {
    leaseMs: 15_000,
    renewDeadlineMs: 10_000,
    retryMs: 2_000,
    clock: systemClock,
    random: Math.random,
    ...options,
    phase: 'candidate',
    observed: undefined,
    heldSince: { monotonic: -Infinity, wall: -Infinity },
    claim: undefined,
    cancelDeadline: () => undefined,
    elected: createLatch(),
    stop: new AbortController(),
    lose,
  }
}

function remainingMs({ phase, clock, heldSince, leaseMs }: Elector): number {
  if (phase !== 'leading') return 0
  const elapsed = Math.max(clock.monotonic() - heldSince.monotonic, clock.now() - heldSince.wall)
  return Math.max(0, leaseMs - elapsed)
}

function end(elector: Elector): void {
  elector.phase = 'over'
  elector.cancelDeadline()
  elector.stop.abort()
}

async function campaign(elector: Elector): Promise<void> {
  const { clock, retryMs, stop } = elector
  const isOver = (): boolean => stop.signal.aborted
  while (!isOver()) {
    await claim(elector)
    const ms = elector.phase === 'leading' ? retryMs : untilNextTry(elector)
    if (!isOver()) await pause(clock, ms, stop.signal)
  }
}

/**
 * How long a candidate that was turned away waits: those that came together must not come back together, and none of them
 * longer than the lease is held.
 */
function untilNextTry(elector: Elector): number {
  const { retryMs, random, observed } = elector
  const held = observed ? heldByOtherForMs(elector, observed.lease) : undefined
  const usual = (retryMs * (1 + random())) / 4
  return held === undefined ? usual : Math.min(usual, held + 1 + (random() * retryMs) / 8)
}

/** Tries once to become or to stay the leader; never rejects. */
function claim(elector: Elector): Promise<void> {
  elector.claim ??= tryClaim(elector)
    .catch((error: unknown) => reportFailure(elector, error))
    .finally(() => (elector.claim = undefined))
  return elector.claim
}

async function tryClaim(elector: Elector): Promise<void> {
  const known = elector.phase === 'leading' ? elector.observed?.lease : undefined
  try {
    await write(elector, known ?? (await read(elector)))
  } catch (error) {
    if (known === undefined || !isFailure(error, 'conflict', 'not-found')) throw error
    // The lease is not as we left it: look who wrote or removed it.
    await write(elector, await read(elector))
  }
}

async function read(elector: Elector): Promise<Lease | undefined> {
  const { client, namespace, name } = elector
  const lease = await client.get<Lease>(leases, { namespace, name, timeoutMs: callTimeoutMs(elector) })
  const changed = lease?.metadata.resourceVersion !== elector.observed?.lease.metadata.resourceVersion
  if (lease && changed) observe(elector, lease)
  return lease
}

/**
 * Notes the lease as the server has it. Both ways to see it are linearizable, so an older version than before tells of a
 * database that was restored; versions of other objects may have passed what was seen of them by then.
 */
function observe(elector: Elector, lease: Lease): void {
  const before = elector.observed?.lease.metadata.resourceVersion
  elector.observed = { lease, at: elector.clock.monotonic() }
  if (compareVersions(lease.metadata.resourceVersion, before) < 0)
    elector.lose('the version of the lease has gone back: the database of the cluster was restored')
}

async function write(elector: Elector, lease: Lease | undefined): Promise<void> {
  const { client, clock, identity, leaseMs, namespace, name } = elector
  if (elector.phase === 'over') return
  if (lease && heldByOtherForMs(elector, lease) !== undefined) {
    if (elector.phase === 'leading') elector.lose(`${holderOf(lease) ?? 'nobody'} holds the lease`)
    return
  }
  const sent = { monotonic: clock.monotonic(), wall: clock.now() }
  const wanted = claimed(lease ?? { metadata: { namespace, name } }, { identity, leaseMs, now: sent.wall })
  const options = { timeoutMs: callTimeoutMs(elector) }
  const stored = await (lease ? client.replace(leases, wanted, options) : client.create(leases, wanted, options))
  observe(elector, stored)
  hold(elector, sent)
}

// Two tries fit into the time that renewals may fail.
function callTimeoutMs({ renewDeadlineMs }: Elector): number {
  return renewDeadlineMs / 2
}

/** For how much longer the lease is another's, in milliseconds from 0 on; `undefined` where it may be taken. */
function heldByOtherForMs({ identity, observed, clock, leaseMs }: Elector, lease: Lease): number | undefined {
  const holder = holderOf(lease)
  if (holder === undefined || holder === identity) return undefined
  const recorded = lease.spec?.leaseDurationSeconds
  const durationMs = recorded === undefined ? leaseMs : recorded * 1000
  const left = durationMs - (clock.monotonic() - (observed?.at ?? Infinity))
  return left >= 0 ? left : undefined
}

/** A write has succeeded that was sent at that time. */
function hold(elector: Elector, sent: Elector['heldSince']): void {
  const { clock, renewDeadlineMs, elected, log, name } = elector
  if (elector.phase === 'over') return
  elector.heldSince = sent
  elector.cancelDeadline()
  const ms = Math.max(0, renewDeadlineMs - (clock.monotonic() - sent.monotonic))
  elector.cancelDeadline = clock.after(ms, () => elector.lose(`not renewed for ${renewDeadlineMs} ms`))
  if (elector.phase === 'leading') return
  elector.phase = 'leading'
  log.info('This process leads', { lease: name })
  elected.open()
}

async function release(elector: Elector): Promise<void> {
  const led = elector.phase === 'leading'
  end(elector)
  await elector.claim
  const { client, clock, log, name, observed } = elector
  if (!led || !observed) return
  try {
    await client.replace(leases, released(observed.lease, clock.now()), { timeoutMs: callTimeoutMs(elector) })
    log.info('Leadership is released', { lease: name })
  } catch (error) {
    log.warn('Leadership could not be released and will run out', { lease: name, error: messageOf(error) })
  }
}

function reportFailure({ phase, log, name }: Elector, error: unknown): void {
  const fields = { lease: name, error: messageOf(error) }
  if (phase === 'leading') log.warn('The lease could not be renewed and will be tried again', fields)
  else if (isFailure(error, 'conflict', 'already-exists')) log.debug('Another candidate was faster', fields)
  else log.warn('The lease could not be read or taken and will be tried again', fields)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown cause'
}

/** The kind that leaders are elected with. */
export const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease' }

export type LeaseSpec = {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
}

export type Lease = { apiVersion?: string; kind?: string; metadata: Meta; spec?: LeaseSpec }

/** A time as Lease fields want it: with exactly six decimals (`metav1.MicroTime`). */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

/** Who holds the lease; undefined when it was never taken or was released. */
export function holderOf(lease: Lease): string | undefined {
  return lease.spec?.holderIdentity === '' ? undefined : lease.spec?.holderIdentity
}

/** What a claim says of its maker. */
export type Claim = { readonly identity: string; readonly leaseMs: number; readonly now: number }

/**
 * The lease as the claimant wants it to be: renewed when it is its own, else taken over. Fields of others are kept, and
 * so is the resource version, which makes the write a compare-and-swap.
 */
export function claimed(lease: Lease, { identity, leaseMs, now }: Claim): Lease {
  const held = lease.spec ?? {}
  const renewTime = microTime(now)
  const mine = { ...held, holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime }
  if (held.holderIdentity === identity) return { ...lease, spec: mine }
  const leaseTransitions = lease.metadata.resourceVersion === undefined ? 0 : (held.leaseTransitions ?? 0) + 1
  return { ...lease, spec: { ...mine, acquireTime: renewTime, leaseTransitions } }
}

/** The lease given up: the next candidate may take it a second after it has seen this. */
export function released(lease: Lease, now: number): Lease {
  const time = microTime(now)
  const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
  return { ...lease, spec }
}
