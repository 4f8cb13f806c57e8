import { type Clock, createBackoff, sleep } from './clock.ts'
import { KubeError, isFailure } from './errors.ts'
import { type KubeClient, type KubeObject, type Resource, type WatchEvent, compareVersions } from './types.ts'
import type { Log } from '../telemetry/log.ts'

/** What a reflector updates. None of these functions may throw. */
export type ReflectorSink<T extends KubeObject> = {
  /** A complete list of that resource version. */
  replace: (objects: T[], version: string) => void
  event: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T) => void
  /** The server responded or sent an event. */
  contact: () => void
  /** Resource versions went back for good: the database of the server was restored. */
  versionsReset: () => void
}

export type ReflectorOptions<T extends KubeObject> = {
  readonly client: Pick<KubeClient, 'list' | 'watch'>
  readonly resource: Resource
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly sink: ReflectorSink<T>
  readonly log: Log
  readonly clock: Clock
  readonly random: () => number
  /** A watch without any event for that long is broken: servers send a bookmark each minute. */
  readonly idleTimeoutMs: number
}

const PAGE_SIZE = 500
/** A watch that lasts that long resets the back-off. */
const HEALTHY_WATCH_MS = 30_000
/** This many lists in a row must be older than a version seen before to count as a restored database. */
const MAX_REGRESSIONS = 10

/**
 * Lists and watches one kind until the signal is aborted: a paged list, then watches from its version, and a new list when
 * the server no longer has the version. Retries every failure after 0.8 to 30 seconds, without a limit.
 */
export async function runReflector<T extends KubeObject>(
  options: ReflectorOptions<T>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random } = options
  const backoff = createBackoff({ baseMs: 800, maxMs: 30_000, random })
  const versions = createResourceVersionTracker()
  const isAborted = (): boolean => signal.aborted
  while (!isAborted()) {
    const startedAt = clock.monotonic()
    const ended = await listAndWatch(options, versions, signal).catch((error: unknown) => asError(error))
    if (isAborted()) return
    const now = clock.monotonic()
    const healthy = now - startedAt >= HEALTHY_WATCH_MS
    // After a restart the server no longer has the version, and a list must follow at once; but not one list after the
    // other.
    const expired = isFailure(ended, 'expired') && now - versions.listedAt() >= HEALTHY_WATCH_MS
    if (isFailure(ended, 'expired')) versions.forget()
    // A server that denies access is not silent: when a watched namespace is deleted, its RoleBindings go with it.
    if (isFailure(ended, 'forbidden')) options.sink.contact()
    if (healthy || expired) backoff.reset()
    if (ended === 'closed' && healthy) continue
    const ms = Math.max(backoff.next(), retryAfterMs(ended))
    logEnd(options, ended, ms)
    await sleep(clock, ms, signal)
  }
}

/** Tracks the version to watch from, and the newest version ever seen. */
type ResourceVersionTracker = {
  version: () => string | undefined
  seen: (version: string | undefined) => void
  /** Whether a list of that version is current, older than a version seen before, or from a restored database. */
  judge: (version: string) => 'current' | 'older' | 'restored'
  /** Records the time of a list, in milliseconds on the monotonic clock. */
  listed: (at: number) => void
  listedAt: () => number
  forget: () => void
}

function createResourceVersionTracker(): ResourceVersionTracker {
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
    judge: (listed) => {
      if (compareVersions(listed, newest) < 0) return ++regressions < MAX_REGRESSIONS ? 'older' : 'restored'
      regressions = 0
      return 'current'
    },
    listed: (at) => (listedAt = at),
    listedAt: () => listedAt,
    forget: () => (version = undefined),
  }
}

/** Lists unless a version to watch from is known, then watches until the server ends the watch. */
async function listAndWatch<T extends KubeObject>(
  options: ReflectorOptions<T>,
  versions: ResourceVersionTracker,
  signal: AbortSignal,
): Promise<'closed'> {
  if (versions.version() === undefined) await listAll(options, versions, signal)
  if (!signal.aborted) await watchOnce(options, versions, signal)
  return 'closed'
}

async function listAll<T extends KubeObject>(
  { client, resource, namespace, labelSelector, sink, log, clock }: ReflectorOptions<T>,
  versions: ResourceVersionTracker,
  signal: AbortSignal,
): Promise<void> {
  const objects: T[] = []
  let next: string | undefined
  let version: string
  do {
    const page = await client.list<T>(resource, { namespace, labelSelector, limit: PAGE_SIZE, continue: next })
    if (signal.aborted) return
    objects.push(...page.items)
    next = page.continue
    version = page.resourceVersion
  } while (next !== undefined)
  const age = versions.judge(version)
  // A list is a quorum read: an older version means that the database was restored, or that the server lost contact to it.
  if (age === 'older') throw new KubeError('unknown', `list ${resource.plural}: older than a version seen before`)
  if (age === 'restored') {
    log.warn('Resource versions went back: the database of the cluster was restored', {
      resource: resource.plural,
    })
    sink.versionsReset()
  }
  versions.seen(version)
  versions.listed(clock.monotonic())
  sink.contact()
  sink.replace(objects, version)
}

async function watchOnce<T extends KubeObject>(
  options: ReflectorOptions<T>,
  versions: ResourceVersionTracker,
  signal: AbortSignal,
): Promise<void> {
  const { client, resource, namespace, labelSelector, clock, random } = options
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  signal.addEventListener('abort', abort)
  const watchdog = createWatchdog(clock, options.idleTimeoutMs, abort)
  try {
    const timeoutSeconds = 290 + Math.floor(random() * 291)
    const resourceVersion = versions.version() ?? ''
    const where = { namespace, labelSelector, resourceVersion, timeoutSeconds, signal: stop.signal }
    for await (const event of client.watch<T>(resource, where)) {
      if (stop.signal.aborted) break
      watchdog.touch()
      handleEvent(options.sink, versions, event)
    }
  } catch (error) {
    if (!watchdog.hasExpired()) throw error
    // The server may be silent because it has not reached the version to watch from.
    versions.forget()
    throw new KubeError('unknown', `watch ${resource.plural}: silent for ${options.idleTimeoutMs} ms`)
  } finally {
    watchdog.stop()
    signal.removeEventListener('abort', abort)
  }
}

function handleEvent<T extends KubeObject>(
  sink: ReflectorSink<T>,
  versions: ResourceVersionTracker,
  { type, object }: WatchEvent<T>,
): void {
  versions.seen(object.metadata.resourceVersion)
  sink.contact()
  if (type !== 'BOOKMARK') sink.event(type, object)
}

type Watchdog = { touch: () => void; hasExpired: () => boolean; stop: () => void }

/** Calls back when `touch` was not called for that many milliseconds. */
function createWatchdog(clock: Clock, ms: number, callback: () => void): Watchdog {
  let expired = false
  const expire = (): void => {
    expired = true
    callback()
  }
  let stop = clock.after(ms, expire)
  return {
    touch: () => {
      stop()
      stop = clock.after(ms, expire)
    },
    hasExpired: () => expired,
    stop: () => stop(),
  }
}

function retryAfterMs(ended: 'closed' | Error): number {
  return ended instanceof KubeError ? Math.min(60_000, (ended.retryAfterSeconds ?? 0) * 1000) : 0
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('unknown cause')
}

function logEnd<T extends KubeObject>(options: ReflectorOptions<T>, ended: 'closed' | Error, pauseMs: number): void {
  const fields = { resource: options.resource.plural, namespace: options.namespace, pauseMs: Math.round(pauseMs) }
  if (ended === 'closed') options.log.debug('Watch ended early', fields)
  else if (isFailure(ended, 'expired')) options.log.info('Resource version expired, listing again', fields)
  else options.log.warn('List or watch failed, retrying', { ...fields, error: ended.message })
}
