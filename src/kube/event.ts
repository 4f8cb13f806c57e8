import { createHash } from 'node:crypto'
import type { KubeObject, Meta, Resource } from './resource.ts'

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
