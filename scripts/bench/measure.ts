import { readFileSync } from 'node:fs'
import type { Cluster } from '../../test/support/cluster.ts'

/** Clock ticks per second of /proc, which is 100 on every Linux that Node.js runs on. */
const TICKS = 100

/** CPU seconds, user and system, that a process has used so far. */
export const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Memory of a process in MiB: resident now, and the most that it ever was. */
export const memory = (pid: number): { now: number; peak: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1024
  return { now: mib('VmRSS'), peak: mib('VmHWM') }
}

/** Requests that the API server answered so far, by `VERB resource[/subresource]`; dry runs carry a mark. */
export type Requests = ReadonlyMap<string, number>

const LINE = /^apiserver_request_total\{(.*)\} (\S+)$/

/** Reads `apiserver_request_total`. */
export async function requestsOf({ send }: Pick<Cluster, 'send'>): Promise<Requests> {
  // The metrics are no JSON, and come as the message of an object.
  const { message } = (await send({ method: 'GET', path: '/metrics' })) as { message: string }
  const counts = new Map<string, number>()
  for (const line of message.split('\n')) {
    const [, labels, count] = LINE.exec(line) ?? []
    if (labels === undefined) continue
    const kind = kindOf(labels)
    counts.set(kind, (counts.get(kind) ?? 0) + Number(count))
  }
  return counts
}

const kindOf = (labels: string): string => {
  const label = (name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
  const resource = [label('resource'), label('subresource')].filter((part) => part !== '').join('/')
  return `${label('verb')} ${resource}${label('dry_run') === '' ? '' : ' (dry run)'}`
}

/** What came to a count since. */
export const since = (before: Requests, after: Requests): Requests =>
  new Map([...after].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const).filter(([, n]) => n > 0))

const WRITES = /^(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION) /
/** No objects that anybody keeps: news, leadership, and questions in the form of a write. */
const UNCOUNTED = / (events|leases|tokenreviews|(self|local)?subjectaccessreviews)$|\(dry run\)$/

/** Writes that were stored: no Events, no Leases, no dry runs. */
export const writesIn = (requests: Requests): number =>
  [...requests].reduce((sum, [kind, n]) => sum + (WRITES.test(kind) && !UNCOUNTED.test(kind) ? n : 0), 0)

/** The longest that a Node.js process kept its event loop from turning since it was asked last, in milliseconds. */
export async function loopDelayMs(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text()
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1] ?? Number.NaN) * 1000
}

/** The value below which that share of the values lies. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Median, least and most of some runs. */
export const spread = (values: readonly number[]): { median: number; min: number; max: number } => ({
  median: percentile(values, 0.5),
  min: Math.min(...values),
  max: Math.max(...values),
})
