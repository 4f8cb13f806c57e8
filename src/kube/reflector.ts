import { createBackoff } from './backoff.ts'
import { pause } from './clock.ts'
import type { Clock } from './clock.ts'
import { KubeError, isFailure } from './error.ts'
import { compareVersions } from './resource.ts'
import type { KubeObject, Resource } from './resource.ts'
import type { Log } from '../telemetry/log.ts'
import type { KubeClient } from './verbs.ts'
import type { WatchEvent } from './watch.ts'

/** What a reflector keeps up to date. None of these may throw. */
export type Mirror<T extends KubeObject> = {
  /** The whole world as of that version. */
  replace: (objects: T[], version: string) => void
  event: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T) => void
  /** The server was heard. */
  contact: () => void
  /** The server's versions went back for good, as after a restore of its database. */
  restored: () => void
}

export type ReflectorOptions<T extends KubeObject> = {
  readonly client: Pick<KubeClient, 'list' | 'watch'>
  readonly resource: Resource
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly mirror: Mirror<T>
  readonly log: Log
  readonly clock: Clock
  readonly random: () => number
  /** A watch that brings nothing, not even a bookmark, for so long is broken. Servers send a bookmark each minute. */
  readonly idleMs: number
}

const PAGE = 500
/** A watch that lived so long shows that the server is well, and starts the back-off anew. */
const HEALTHY_MS = 30_000
/** Lists with a version older than one seen before that are refused before a restore is believed. */
const REGRESSIONS = 10

/**
 * Mirrors one kind until the signal is aborted: a paged list, then watches from its version, a new list whenever the
 * server no longer knows the version. Whatever fails is tried again after 0.8 to 30 seconds, for ever.
 */
export async function reflect<T extends KubeObject>(options: ReflectorOptions<T>, signal: AbortSignal): Promise<void> {
  const { clock, random } = options
  const backoff = createBackoff({ baseMs: 800, maxMs: 30_000, random })
  const position = createPosition()
  const isOver = (): boolean => signal.aborted
  while (!isOver()) {
    const startedAt = clock.monotonic()
    const ended = await turn(options, position, signal).catch((error: unknown) => asError(error))
    if (isOver()) return
    const now = clock.monotonic()
    const healthy = now - startedAt >= HEALTHY_MS
    // A server that was restarted has forgotten the version; that is answered by a list at once, but not by one list
    // after the other.
    const expired = isFailure(ended, 'expired') && now - position.listedAt() >= HEALTHY_MS
    if (isFailure(ended, 'expired')) position.forget()
    // A server that refuses is no silent one: where a watched namespace is deleted, its rights go with it.
    if (isFailure(ended, 'forbidden')) options.mirror.contact()
    if (healthy || expired) backoff.reset()
    if (ended === 'closed' && healthy) continue
    const ms = Math.max(backoff.next(), retryAfterMs(ended))
    report(options, ended, ms)
    await pause(clock, ms, signal)
  }
}

/** The version to watch from, and the newest one ever seen. */
type Position = {
  version: () => string | undefined
  seen: (version: string | undefined) => void
  /** Is a list of that version to be believed? */
  accepts: (version: string) => 'yes' | 'no' | 'restored'
  /** Notes a list at that time, on the monotonic clock. */
  listed: (at: number) => void
  listedAt: () => number
  forget: () => void
}

function createPosition(): Position {
  let listedAt = -Infinity
  let version: string | undefined
  let newest: string | undefined
  let regressions = 0
  return {
    version: () => version,
    seen: (seen) => {
      version = seen
      newest = seen
    },
    accepts: (listed) => {
      if (compareVersions(listed, newest) >= 0) regressions = 0
      else if (++regressions < REGRESSIONS) return 'no'
      else return 'restored'
      return 'yes'
    },
    listed: (at) => (listedAt = at),
    listedAt: () => listedAt,
    forget: () => (version = undefined),
  }
}

/** Lists if need be, then watches until the server ends the watch. */
async function turn<T extends KubeObject>(
  options: ReflectorOptions<T>,
  position: Position,
  signal: AbortSignal,
): Promise<'closed'> {
  if (position.version() === undefined) await listAll(options, position, signal)
  if (!signal.aborted) await watchOnce(options, position, signal)
  return 'closed'
}

async function listAll<T extends KubeObject>(
  { client, resource, namespace, labelSelector, mirror, log, clock }: ReflectorOptions<T>,
  position: Position,
  signal: AbortSignal,
): Promise<void> {
  const objects: T[] = []
  let next: string | undefined
  let version: string
  do {
    const page = await client.list<T>(resource, { namespace, labelSelector, limit: PAGE, continue: next })
    if (signal.aborted) return
    objects.push(...page.items)
    next = page.continue
    version = page.resourceVersion
  } while (next !== undefined)
  const verdict = position.accepts(version)
  // A list is a quorum read, so an older version than before means a restored database, or a server cut off from it.
  if (verdict === 'no') throw new KubeError('unknown', `list ${resource.plural}: older than what was seen before`)
  if (verdict === 'restored') {
    log.warn('Resource versions have gone back: the database of the cluster was restored', {
      resource: resource.plural,
    })
    mirror.restored()
  }
  position.seen(version)
  position.listed(clock.monotonic())
  mirror.contact()
  mirror.replace(objects, version)
}

async function watchOnce<T extends KubeObject>(
  options: ReflectorOptions<T>,
  position: Position,
  signal: AbortSignal,
): Promise<void> {
  const { client, resource, namespace, labelSelector, clock, random } = options
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  signal.addEventListener('abort', abort)
  const watchdog = createWatchdog(clock, options.idleMs, abort)
  try {
    const timeoutSeconds = 290 + Math.floor(random() * 291)
    const resourceVersion = position.version() ?? ''
    const where = { namespace, labelSelector, resourceVersion, timeoutSeconds, signal: stop.signal }
    for await (const event of client.watch<T>(resource, where)) {
      if (stop.signal.aborted) break
      watchdog.touch()
      take(options.mirror, position, event)
    }
  } catch (error) {
    if (!watchdog.hasBitten()) throw error
    // A server may be silent because it waits to reach the version that is watched from.
    position.forget()
    throw new KubeError('unknown', `watch ${resource.plural}: silent for ${options.idleMs} ms`)
  } finally {
    watchdog.stop()
    signal.removeEventListener('abort', abort)
  }
}

function take<T extends KubeObject>(mirror: Mirror<T>, position: Position, { type, object }: WatchEvent<T>): void {
  position.seen(object.metadata.resourceVersion)
  mirror.contact()
  if (type !== 'BOOKMARK') mirror.event(type, object)
}

type Watchdog = { touch: () => void; hasBitten: () => boolean; stop: () => void }

/** Calls back when it was not touched for so long. */
function createWatchdog(clock: Clock, ms: number, callback: () => void): Watchdog {
  let bitten = false
  const bite = (): void => {
    bitten = true
    callback()
  }
  let stop = clock.after(ms, bite)
  return {
    touch: () => {
      stop()
      stop = clock.after(ms, bite)
    },
    hasBitten: () => bitten,
    stop: () => stop(),
  }
}

function retryAfterMs(ended: 'closed' | Error): number {
  return ended instanceof KubeError ? Math.min(60_000, (ended.retryAfterSeconds ?? 0) * 1000) : 0
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('unknown cause')
}

function report<T extends KubeObject>(options: ReflectorOptions<T>, ended: 'closed' | Error, pauseMs: number): void {
  const fields = { resource: options.resource.plural, namespace: options.namespace, pauseMs: Math.round(pauseMs) }
  if (ended === 'closed') options.log.debug('The server ended a watch early', fields)
  else if (isFailure(ended, 'expired')) options.log.info('The watched version has expired; listing again', fields)
  else options.log.warn('A list or watch failed and will be tried again', { ...fields, error: ended.message })
}
