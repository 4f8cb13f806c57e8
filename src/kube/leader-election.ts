import { randomUUID } from 'node:crypto'
import { type Clock, type Deferred, createDeferred, sleep, systemClock } from './clock.ts'
import { errorMessage, isFailure } from './errors.ts'
import { type KubeClient, type ObjectMeta, type Resource, compareVersions } from './types.ts'
import type { Log } from '../telemetry/log.ts'

/** Decides which one of several processes may act. */
export type LeaderElector = {
  readonly identity: string
  /** Becomes a candidate. */
  start: () => void
  /** Resolves when this process becomes the leader; rejects when the signal is aborted before. */
  whenElected: (signal?: AbortSignal) => Promise<void>
  isLeader: () => boolean
  /**
   * For how many milliseconds no other process can become the leader; 0 when this one is not the leader. Counted from
   * before the last renewal was sent, on the clock that went further: after a machine was suspended that is the wall
   * clock, otherwise the monotonic one. Clocks of two machines may run at different rates, so leave a margin.
   */
  remainingMs: () => number
  /**
   * Resolves with the reason when leadership is lost, or when the database of the cluster was restored: what any process
   * remembers is then wrong, leader or not. All work must stop in that tick. Does not resolve after `release`.
   */
  readonly lost: Promise<string>
  /** Releases the Lease, so that another process can take it within seconds. Call it when all work is done. Never rejects. */
  release: () => Promise<void>
}

export type LeaderElectorOptions = {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>
  readonly namespace: string
  /** Name of the Lease. */
  readonly name: string
  /** Must be unique among all processes ever started, see {@link candidateIdentity}. */
  readonly identity: string
  readonly log: Log
  /** How long others wait before they take the Lease over; 15 seconds. */
  readonly leaseDurationMs?: number
  /** How long renewals may fail before the leader steps down; 10 seconds. */
  readonly renewDeadlineMs?: number
  /** Pause between renewals, and twice the longest pause between attempts of a candidate; 2 seconds. */
  readonly retryPeriodMs?: number
  readonly clock?: Clock
  readonly random?: () => number
}

/** An identity that no other process has. The host is for people: a pod that restarts keeps its name. */
export function candidateIdentity(host: string): string {
  return `${host}_${randomUUID()}`
}

/** The elector of an installation without leader election: it is always the leader. */
export function alwaysLeader(): LeaderElector {
  return {
    identity: 'always',
    start: () => undefined,
    whenElected: () => Promise.resolve(),
    isLeader: () => true,
    remainingMs: () => Infinity,
    lost: new Promise(() => undefined),
    release: () => Promise.resolve(),
  }
}

type State = Required<LeaderElectorOptions> & {
  phase: 'candidate' | 'leader' | 'stopped'
  /** The Lease as last seen, and when it changed on the monotonic clock: only that time is compared with its duration. */
  observed: { readonly lease: Lease; readonly at: number } | undefined
  /** When the last write that succeeded was sent, on both clocks. */
  renewSentAt: { readonly monotonic: number; readonly wall: number }
  /** The attempt to acquire or renew that is running, shared by all who wait for one. */
  attempt: Promise<void> | undefined
  cancelDeadline: () => void
  readonly elected: Deferred
  readonly stop: AbortController
  readonly stepDown: (reason: string) => void
}

/**
 * Leader election by a Lease, with the rules of client-go: a candidate that has seen the Lease unchanged for its recorded
 * duration may take it, by compare-and-swap. Times written by other processes are never compared with our clock.
 */
export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  let resolveLost: (reason: string) => void = () => undefined
  const lost = new Promise<string>((resolve) => (resolveLost = resolve))
  const state = createState(options, (reason) => {
    if (state.phase === 'stopped') return
    stop(state)
    state.log.error('Leadership lost', { lease: state.name, reason })
    resolveLost(reason)
  })
  return {
    identity: options.identity,
    lost,
    start: () => void run(state),
    whenElected: state.elected.whenResolved,
    isLeader: () => state.phase === 'leader',
    remainingMs: () => remainingMs(state),
    release: () => release(state),
  }
}

function createState(options: LeaderElectorOptions, stepDown: (reason: string) => void): State {
  return {
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
    clock: systemClock,
    random: Math.random,
    ...options,
    phase: 'candidate',
    observed: undefined,
    renewSentAt: { monotonic: -Infinity, wall: -Infinity },
    attempt: undefined,
    cancelDeadline: () => undefined,
    elected: createDeferred(),
    stop: new AbortController(),
    stepDown,
  }
}

function remainingMs({ phase, clock, renewSentAt, leaseDurationMs }: State): number {
  if (phase !== 'leader') return 0
  const elapsedMs = Math.max(clock.monotonic() - renewSentAt.monotonic, clock.now() - renewSentAt.wall)
  return Math.max(0, leaseDurationMs - elapsedMs)
}

function stop(state: State): void {
  state.phase = 'stopped'
  state.cancelDeadline()
  state.stop.abort()
}

async function run(state: State): Promise<void> {
  const { clock, retryPeriodMs, stop } = state
  const isStopped = (): boolean => stop.signal.aborted
  while (!isStopped()) {
    await tryAcquireOrRenew(state)
    const ms = state.phase === 'leader' ? retryPeriodMs : candidateDelayMs(state)
    if (!isStopped()) await sleep(clock, ms, stop.signal)
  }
}

/**
 * How long a candidate waits until its next attempt: a random time, so that candidates that started together do not
 * compete again at the same moment, but not longer than the Lease is valid.
 */
function candidateDelayMs(state: State): number {
  const { retryPeriodMs, random, observed } = state
  const validForMs = observed ? otherHolderRemainingMs(state, observed.lease) : undefined
  const usualMs = (retryPeriodMs * (1 + random())) / 4
  return validForMs === undefined ? usualMs : Math.min(usualMs, validForMs + 1 + (random() * retryPeriodMs) / 8)
}

/** Tries once to become or to stay the leader; never rejects. */
function tryAcquireOrRenew(state: State): Promise<void> {
  state.attempt ??= acquireOrRenew(state)
    .catch((error: unknown) => logFailure(state, error))
    .finally(() => (state.attempt = undefined))
  return state.attempt
}

async function acquireOrRenew(state: State): Promise<void> {
  const known = state.phase === 'leader' ? state.observed?.lease : undefined
  try {
    await writeLease(state, known ?? (await readLease(state)))
  } catch (error) {
    if (known === undefined || !isFailure(error, 'conflict', 'not-found')) throw error
    // The Lease is not as this process left it: read who wrote or deleted it.
    await writeLease(state, await readLease(state))
  }
}

async function readLease(state: State): Promise<Lease | undefined> {
  const { client, namespace, name } = state
  const lease = await client.get<Lease>(LEASES, { namespace, name, timeoutMs: callTimeoutMs(state) })
  const changed = lease?.metadata.resourceVersion !== state.observed?.lease.metadata.resourceVersion
  if (lease && changed) observeLease(state, lease)
  return lease
}

/**
 * Records the Lease as the API server has it. Reads and writes of it are linearizable, so a version older than the one
 * before means that the database was restored. Versions of other objects may already be newer by then.
 */
function observeLease(state: State, lease: Lease): void {
  const before = state.observed?.lease.metadata.resourceVersion
  state.observed = { lease, at: state.clock.monotonic() }
  if (compareVersions(lease.metadata.resourceVersion, before) < 0)
    state.stepDown('the version of the lease has gone back: the database of the cluster was restored')
}

async function writeLease(state: State, lease: Lease | undefined): Promise<void> {
  const { client, clock, identity, leaseDurationMs, namespace, name } = state
  if (state.phase === 'stopped') return
  if (lease && otherHolderRemainingMs(state, lease) !== undefined) {
    if (state.phase === 'leader') state.stepDown(`${holderOf(lease) ?? 'nobody'} holds the lease`)
    return
  }
  const sentAt = { monotonic: clock.monotonic(), wall: clock.now() }
  const desired = withHolder(lease ?? { metadata: { namespace, name } }, {
    identity,
    leaseDurationMs,
    now: sentAt.wall,
  })
  const options = { timeoutMs: callTimeoutMs(state) }
  const stored = await (lease ? client.replace(LEASES, desired, options) : client.create(LEASES, desired, options))
  observeLease(state, stored)
  recordRenewal(state, sentAt)
}

// Two attempts fit into the renew deadline.
function callTimeoutMs({ renewDeadlineMs }: State): number {
  return renewDeadlineMs / 2
}

/** For how many more milliseconds, from 0 on, another process holds the Lease; undefined when it may be taken. */
function otherHolderRemainingMs(
  { identity, observed, clock, leaseDurationMs }: State,
  lease: Lease,
): number | undefined {
  const holder = holderOf(lease)
  if (holder === undefined || holder === identity) return undefined
  const seconds = lease.spec?.leaseDurationSeconds
  const durationMs = seconds === undefined ? leaseDurationMs : seconds * 1000
  const remaining = durationMs - (clock.monotonic() - (observed?.at ?? Infinity))
  return remaining >= 0 ? remaining : undefined
}

/** Records that a write sent at that time succeeded: this process is the leader. */
function recordRenewal(state: State, sentAt: State['renewSentAt']): void {
  const { clock, renewDeadlineMs, elected } = state
  if (state.phase === 'stopped') return
  state.renewSentAt = sentAt
  state.cancelDeadline()
  const ms = Math.max(0, renewDeadlineMs - (clock.monotonic() - sentAt.monotonic))
  state.cancelDeadline = clock.after(ms, () => state.stepDown(`not renewed for ${renewDeadlineMs} ms`))
  state.phase = 'leader'
  elected.resolve()
}

async function release(state: State): Promise<void> {
  const wasLeader = state.phase === 'leader'
  stop(state)
  await state.attempt
  const { client, clock, log, name, observed } = state
  if (!wasLeader || !observed) return
  try {
    await client.replace(LEASES, withoutHolder(observed.lease, clock.now()), { timeoutMs: callTimeoutMs(state) })
    log.info('Lease released', { lease: name })
  } catch (error) {
    log.warn('Cannot release the lease; it expires', { lease: name, error: errorMessage(error) })
  }
}

function logFailure({ phase, log, name }: State, error: unknown): void {
  const fields = { lease: name, error: errorMessage(error) }
  if (phase === 'leader') log.warn('Cannot renew the lease, retrying', fields)
  else if (isFailure(error, 'conflict', 'already-exists')) log.debug('Another candidate took the lease first', fields)
  else log.warn('Cannot read or take the lease, retrying', fields)
}

const LEASES: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease' }

export type LeaseSpec = {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
}

type Lease = { apiVersion?: string; kind?: string; metadata: ObjectMeta; spec?: LeaseSpec }

/** A time in milliseconds since 1970 in the form of `metav1.MicroTime`: with exactly six decimals. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

/** Who holds the Lease; undefined when it was never taken or was released. */
function holderOf(lease: Lease): string | undefined {
  return lease.spec?.holderIdentity === '' ? undefined : lease.spec?.holderIdentity
}

type Holder = { readonly identity: string; readonly leaseDurationMs: number; readonly now: number }

/**
 * The Lease as its next holder writes it: renewed when that is the current one, taken over otherwise. Keeps fields of
 * others and the resource version, which makes the write a compare-and-swap.
 */
function withHolder(lease: Lease, { identity, leaseDurationMs, now }: Holder): Lease {
  const before = lease.spec ?? {}
  const renewTime = microTime(now)
  const leaseDurationSeconds = Math.ceil(leaseDurationMs / 1000)
  const spec = { ...before, holderIdentity: identity, leaseDurationSeconds, renewTime }
  if (before.holderIdentity === identity) return { ...lease, spec }
  const leaseTransitions = lease.metadata.resourceVersion === undefined ? 0 : (before.leaseTransitions ?? 0) + 1
  return { ...lease, spec: { ...spec, acquireTime: renewTime, leaseTransitions } }
}

/** The Lease without a holder: the next candidate may take it one second after it sees this. */
function withoutHolder(lease: Lease, now: number): Lease {
  const time = microTime(now)
  const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
  return { ...lease, spec }
}
