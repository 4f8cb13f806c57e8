import { createHash } from 'node:crypto'
import { type Clock, systemClock } from './clock.ts'
import { isFailure, isNamespaceTerminating } from './errors.ts'
import type { KubeClient, KubeObject, Meta, Resource } from './types.ts'
import type { Log } from '../telemetry/log.ts'

/** Tells people what happened, as Kubernetes Events. Neither call throws or rejects. */
export type Recorder = {
  /** Queues it. What was said of an object before is counted again instead of being said again. */
  record: (about: Subject, happening: Happening) => void
  /** Resolves once everything queued has been sent or given up. */
  flush: () => Promise<void>
}

export type RecorderOptions = {
  readonly client: Pick<KubeClient, 'create' | 'get' | 'merge'>
  readonly reporter: Reporter
  readonly log: Log
  readonly clock?: Clock
  /** Events waiting to be sent; more are dropped. 1000. */
  readonly queueLimit?: number
  /** Writes of events about one object within five minutes; more are dropped. 25. */
  readonly perObject?: number
}

type Settings = Required<RecorderOptions>

/** How often the server has an event counted, and when we last said it. The rest of it is said anew each time. */
type Said = { readonly count: number; readonly at: number }

const REMEMBERED_MS = 600_000
const SPAM_WINDOW_MS = 300_000
/** Entries kept in each of the recorder's memories. */
const MEMORY = 4096

export function createRecorder(options: RecorderOptions): Recorder {
  const settings: Settings = { clock: systemClock, queueLimit: 1000, perObject: 25, ...options }
  const { clock, log, queueLimit, reporter } = settings
  const waiting = new Map<string, Event>()
  const said = new Map<string, Said>()
  const allows = createSpamFilter(settings)
  let sending: Promise<void> | undefined

  async function sendAll(): Promise<void> {
    // A Map can be changed while it is walked through; what is added meanwhile comes up too.
    for (const [name, event] of waiting) {
      waiting.delete(name)
      await sendOne(settings, said, event)
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
    if (waiting.size >= queueLimit) {
      log.warn('An event was dropped, as too many wait', fieldsOf(event))
      return
    }
    waiting.set(name, event)
    send()
  }

  return {
    record: (about, happening) => enqueue(eventOf(about, happening, reporter, clock.now())),
    flush: async () => {
      while (sending) await sending
    },
  }
}

/** Answers whether one more event about an object may be sent in these five minutes. */
function createSpamFilter({ clock, perObject }: Settings): (event: Event) => boolean {
  const windows = new Map<string, { readonly start: number; sent: number }>()
  return ({ involvedObject: { kind, namespace, name, uid } }) => {
    const key = uid ?? `${kind}/${namespace ?? ''}/${name}`
    const now = clock.monotonic()
    const held = windows.get(key)
    const window = held && now - held.start < SPAM_WINDOW_MS ? held : { start: now, sent: 0 }
    windows.delete(key)
    remember(windows, key, window)
    return ++window.sent <= perObject
  }
}

async function sendOne(settings: Settings, said: Map<string, Said>, event: Event): Promise<void> {
  const { clock, log } = settings
  const name = `${event.metadata.namespace ?? ''}/${event.metadata.name}`
  const before = said.get(name)
  const known = before && clock.monotonic() - before.at < REMEMBERED_MS ? before : undefined
  said.delete(name)
  try {
    const count = await store(settings, known, event)
    remember(said, name, { count, at: clock.monotonic() })
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown cause'
    // Nothing can be made in a namespace that is being deleted, and nothing of it will be read.
    log[isNamespaceTerminating(error) ? 'debug' : 'warn']('An event could not be sent', {
      ...fieldsOf(event),
      error: reason,
    })
  }
}

/** Counts up the event that is known to be there, or makes it, or counts up the one that turns out to be there. */
async function store(settings: Settings, known: Pick<Event, 'count'> | undefined, event: Event): Promise<number> {
  const { client } = settings
  if (known) {
    const counted = await countUp(settings, known, event)
    if (counted !== undefined) return counted
  }
  const create = async (): Promise<number> => (await client.create<Event>(events, event)).count
  try {
    return await create()
  } catch (error) {
    if (!isFailure(error, 'already-exists')) throw error
    const { namespace, name } = event.metadata
    const found = await client.get<Event>(events, { namespace, name })
    const counted = found && (await countUp(settings, found, event))
    return counted ?? create()
  }
}

/** Undefined when the event is not there any more: the API server forgets events after an hour. */
async function countUp(
  { client, clock }: Settings,
  known: Pick<Event, 'count'>,
  event: Event,
): Promise<number | undefined> {
  const { namespace, name } = event.metadata
  const patch = { count: known.count + event.count, lastTimestamp: seconds(clock.now()) }
  try {
    await client.merge<Event>(events, { namespace, name }, patch)
    return patch.count
  } catch (error) {
    if (isFailure(error, 'not-found')) return undefined
    throw error
  }
}

/** Keeps the latest entries only. */
function remember<V>(memory: Map<string, V>, key: string, value: V): void {
  memory.set(key, value)
  const [oldest] = memory.keys()
  if (memory.size > MEMORY && oldest !== undefined) memory.delete(oldest)
}

function fieldsOf({ involvedObject: { kind, namespace, name }, reason }: Event): Record<string, unknown> {
  return { kind, namespace, name, reason }
}

/**
 * Events of the core group: `kubectl describe` and `kubectl get events` show all of their fields, count and times
 * included. The same objects are served under events.k8s.io.
 */
export const events: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event' }

/** What happened to an object, for people. */
export type Happening = {
  readonly type: 'Normal' | 'Warning'
  /** UpperCamelCase, one of few. */
  readonly reason: string
  /** A sentence; cut at 1024 bytes. */
  readonly message: string
  /** What was being done; the reason by default. */
  readonly action?: string | undefined
  /** Another object that it is about; it may be in another namespace, or gone. */
  readonly related?: Subject | undefined
}

/** An object that something happened to; for objects out of a list the kind has to be filled in. */
export type Subject = KubeObject & { readonly apiVersion: string; readonly kind: string }

type Reference = {
  apiVersion: string
  kind: string
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
}

export type Event = {
  metadata: Meta
  involvedObject: Reference
  related?: Reference
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

/** Who reports: the program, and which one of its processes. */
export type Reporter = { readonly component: string; readonly instance: string }

/** The first event of its sort. Its name follows from what it says, so that a repeated one meets it. */
export function eventOf(subject: Subject, happening: Happening, { component, instance }: Reporter, now: number): Event {
  const time = seconds(now)
  return {
    metadata: { name: eventName(subject, happening), namespace: subject.metadata.namespace ?? 'default' },
    involvedObject: referenceOf(subject),
    ...(happening.related && { related: referenceOf(happening.related) }),
    type: happening.type,
    reason: cut(happening.reason, 128),
    message: cut(happening.message, 1024),
    action: cut(happening.action ?? happening.reason, 128),
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component },
    reportingComponent: component,
    reportingInstance: cut(instance, 128),
  }
}

function referenceOf({ apiVersion, kind, metadata }: Subject): Reference {
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

/** RFC 3339 without a fraction, as `metav1.Time` writes it. */
export function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

function eventName({ kind, metadata }: Subject, { type, reason, message }: Happening): string {
  const said = JSON.stringify([kind, metadata.uid ?? '', type, reason, message])
  const hash = createHash('sha256').update(said).digest('hex').slice(0, 16)
  return `${metadata.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${hash}`
}

/** Cuts at so many bytes of UTF-8, which is what the API server counts, and never within a character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const room = Buffer.from(text).subarray(0, bytes - Buffer.byteLength('…'))
  return `${new TextDecoder().decode(room, { stream: true })}…`
}
