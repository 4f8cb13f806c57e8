import { createHash } from 'node:crypto'
import { type Clock, systemClock } from './clock.ts'
import { errorMessage, isFailure, isNamespaceTerminating } from './errors.ts'
import type { KubeClient, KubeObject, ObjectMeta, Resource } from './types.ts'
import type { Log } from '../telemetry/log.ts'

/** Records Kubernetes Events. Neither function throws or rejects. */
export type EventRecorder = {
  /** Queues an Event. An Event that repeats an earlier one increments the count of that one. */
  record: (object: InvolvedObject, details: EventDetails) => void
  /** Resolves when every queued Event was sent or has failed. */
  flush: () => Promise<void>
}

export type EventRecorderOptions = {
  readonly client: Pick<KubeClient, 'create' | 'get' | 'mergePatch'>
  readonly source: EventSource
  readonly log: Log
  readonly clock?: Clock
  /** Events that may wait to be sent; more are dropped. 1000. */
  readonly maxQueued?: number
  /** Writes of Events about one object within five minutes; more are dropped. 25. */
  readonly maxPerObject?: number
}

type Settings = Required<EventRecorderOptions>

/** The count that the server has, and when it was last written, in milliseconds on the monotonic clock. */
type SentEvent = { readonly count: number; readonly sentAt: number }

/** How long the count of a sent Event is trusted without reading it. */
const SENT_TTL_MS = 600_000
const SPAM_WINDOW_MS = 300_000
/** Entries in each of the recorder's maps; the oldest ones are dropped. */
const MAX_REMEMBERED = 4096

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const settings: Settings = { clock: systemClock, maxQueued: 1000, maxPerObject: 25, ...options }
  const { clock, log, maxQueued, source } = settings
  const waiting = new Map<string, Event>()
  const sent = new Map<string, SentEvent>()
  const allows = createSpamFilter(settings)
  let sending: Promise<void> | undefined

  async function sendAll(): Promise<void> {
    // A Map may change while it is iterated: entries that are added meanwhile are visited too.
    for (const [name, event] of waiting) {
      waiting.delete(name)
      await sendOne(settings, sent, event)
    }
  }

  function send(): void {
    sending ??= sendAll().finally(() => {
      sending = undefined
      if (waiting.size > 0) send()
    })
  }

  function enqueue(event: Event): void {
    const name = `${event.metadata.namespace ?? ''}/${event.metadata.name}`
    const queued = waiting.get(name)
    if (queued) {
      waiting.set(name, { ...event, count: queued.count + 1, firstTimestamp: queued.firstTimestamp })
      return
    }
    if (!allows(event)) return
    if (waiting.size >= maxQueued) {
      log.warn('Event dropped, too many are queued', logFields(event))
      return
    }
    waiting.set(name, event)
    send()
  }

  return {
    record: (object, details) => enqueue(newEvent(object, details, source, clock.now())),
    flush: async () => {
      while (sending) await sending
    },
  }
}

/** Creates a function that says whether one more Event about an object may be sent in the current five minutes. */
function createSpamFilter({ clock, maxPerObject }: Settings): (event: Event) => boolean {
  const windows = new Map<string, { readonly start: number; sent: number }>()
  return ({ involvedObject: { kind, namespace, name, uid } }) => {
    const key = uid ?? `${kind}/${namespace ?? ''}/${name}`
    const now = clock.monotonic()
    const current = windows.get(key)
    const window = current && now - current.start < SPAM_WINDOW_MS ? current : { start: now, sent: 0 }
    windows.delete(key)
    putBounded(windows, key, window)
    return ++window.sent <= maxPerObject
  }
}

async function sendOne(settings: Settings, sent: Map<string, SentEvent>, event: Event): Promise<void> {
  const { clock, log } = settings
  const name = `${event.metadata.namespace ?? ''}/${event.metadata.name}`
  const before = sent.get(name)
  const known = before && clock.monotonic() - before.sentAt < SENT_TTL_MS ? before : undefined
  sent.delete(name)
  try {
    const count = await createOrCount(settings, known, event)
    putBounded(sent, name, { count, sentAt: clock.monotonic() })
  } catch (error) {
    const fields = { ...logFields(event), error: errorMessage(error) }
    // Nothing can be created in a namespace that is being deleted, and nobody reads its Events.
    log[isNamespaceTerminating(error) ? 'debug' : 'warn']('Cannot send an event', fields)
  }
}

/** Increments the count of a known Event; otherwise creates it, or increments the count of the one that exists. */
async function createOrCount(
  settings: Settings,
  known: Pick<Event, 'count'> | undefined,
  event: Event,
): Promise<number> {
  const { client } = settings
  if (known) {
    const counted = await incrementCount(settings, known, event)
    if (counted !== undefined) return counted
  }
  const create = async (): Promise<number> => (await client.create<Event>(EVENTS, event)).count
  try {
    return await create()
  } catch (error) {
    if (!isFailure(error, 'already-exists')) throw error
    const { namespace, name } = event.metadata
    const found = await client.get<Event>(EVENTS, { namespace, name })
    const counted = found && (await incrementCount(settings, found, event))
    return counted ?? create()
  }
}

/** Returns the new count, or undefined when the Event is gone: the API server deletes Events after an hour. */
async function incrementCount(
  { client, clock }: Settings,
  known: Pick<Event, 'count'>,
  event: Event,
): Promise<number | undefined> {
  const { namespace, name } = event.metadata
  const patch = { count: known.count + event.count, lastTimestamp: metaTime(clock.now()) }
  try {
    await client.mergePatch<Event>(EVENTS, { namespace, name }, patch)
    return patch.count
  } catch (error) {
    if (isFailure(error, 'not-found')) return undefined
    throw error
  }
}

/** Puts an entry, and drops the oldest one of a full map. */
function putBounded<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest)
}

function logFields({ involvedObject: { kind, namespace, name }, reason }: Event): Record<string, unknown> {
  return { kind, namespace, name, reason }
}

/**
 * Events of the core group, because `kubectl describe` and `kubectl get events` show their count and times. The same
 * objects are served under events.k8s.io.
 */
export const EVENTS: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event' }

/** What happened to an object. */
export type EventDetails = {
  readonly type: 'Normal' | 'Warning'
  /** A word in UpperCamelCase, from a fixed list. */
  readonly reason: string
  /** A sentence; longer ones are cut at 1024 bytes. */
  readonly message: string
  /** What the operator was doing; the reason by default. */
  readonly action?: string | undefined
  /** Another object that the Event is about. It may be in another namespace, or deleted. */
  readonly related?: InvolvedObject | undefined
}

/** The object of an Event. Objects of a list need their apiVersion and kind filled in. */
export type InvolvedObject = KubeObject & { readonly apiVersion: string; readonly kind: string }

type ObjectReference = {
  apiVersion: string
  kind: string
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
}

export type Event = {
  metadata: ObjectMeta
  involvedObject: ObjectReference
  related?: ObjectReference
  type: string
  reason: string
  message: string
  action: string
  count: number
  firstTimestamp: string
  lastTimestamp: string
  source: { component: string }
  reportingComponent: string
  reportingInstance: string
}

/** The program that reports an Event, and which one of its processes. */
export type EventSource = { readonly component: string; readonly instance: string }

/** Makes an Event with count 1. Its name is a hash of its content, so that an equal Event gets the same name. */
export function newEvent(
  object: InvolvedObject,
  details: EventDetails,
  { component, instance }: EventSource,
  now: number,
): Event {
  const time = metaTime(now)
  return {
    metadata: { name: eventName(object, details), namespace: object.metadata.namespace ?? 'default' },
    involvedObject: referenceTo(object),
    ...(details.related && { related: referenceTo(details.related) }),
    type: details.type,
    reason: truncateUtf8(details.reason, 128),
    message: truncateUtf8(details.message, 1024),
    action: truncateUtf8(details.action ?? details.reason, 128),
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component },
    reportingComponent: component,
    reportingInstance: truncateUtf8(instance, 128),
  }
}

function referenceTo({ apiVersion, kind, metadata }: InvolvedObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  }
}

/** A time in milliseconds since 1970 in the form of `metav1.Time`: RFC 3339 without a fraction. */
function metaTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

function eventName({ kind, metadata }: InvolvedObject, { type, reason, message }: EventDetails): string {
  const content = JSON.stringify([kind, metadata.uid ?? '', type, reason, message])
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
  return `${metadata.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${hash}`
}

/** Cuts a text at that many bytes of UTF-8, which the API server counts, but not within a character. */
function truncateUtf8(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const room = Buffer.from(text).subarray(0, bytes - Buffer.byteLength('…'))
  return `${new TextDecoder().decode(room, { stream: true })}…`
}
