import type { LineReader } from './proxy.ts'

/**
 * What becomes of the events of watches: told, told late, told twice, or never told. Those that were never told end
 * with the watch, as the API server ends one whose version is too old.
 */
export type Weather = 'clear' | 'held' | 'swallowed' | 'doubled'

/** All watches that pass through one place. */
export type WatchGate = {
  /** Takes the lines of one watch. */
  readonly lines: (reader: LineReader) => (line: string) => void
  readonly set: (weather: Weather) => void
  /** The newest resource version that was told or kept back. */
  readonly latest: () => string | undefined
}

const EXPIRED = JSON.stringify({
  type: 'ERROR',
  object: {
    ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
    ...{ reason: 'Expired', code: 410, message: 'too old resource version: a fault of the test' },
  },
})

const versionIn = (line: string): string | undefined => /"resourceVersion":"(\d+)"/.exec(line)?.[1]

type Stream = LineReader & { held: string[]; lost: boolean }

export function createWatchGate(): WatchGate {
  let weather: Weather = 'clear'
  let latest: string | undefined
  const streams = new Set<Stream>()
  const take = (stream: Stream, line: string): void => {
    if (!streams.has(stream)) return
    const version = versionIn(line)
    if (version !== undefined && Number(version) > Number(latest ?? 0)) latest = version
    if (weather === 'held') stream.held.push(line)
    else if (weather === 'swallowed') stream.lost = true
    else stream.write(line)
    if (weather === 'doubled') stream.write(line)
  }
  const clear = (stream: Stream): void => {
    for (const line of stream.held.splice(0)) stream.write(line)
    if (!stream.lost) return
    stream.lost = false
    stream.write(EXPIRED)
    stream.end()
  }
  return {
    lines: (reader) => {
      const stream: Stream = {
        write: reader.write,
        held: [],
        lost: false,
        end: () => {
          streams.delete(stream)
          reader.end()
        },
      }
      streams.add(stream)
      return (line) => {
        take(stream, line)
      }
    },
    set: (next) => {
      weather = next
      if (next === 'clear') for (const stream of streams) clear(stream)
    },
    latest: () => latest,
  }
}
