import { globSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guardedDirectory } from './guard.ts'

const LIBRARIES = ['/usr/lib/*/faketime/libfaketime.so.1', '/usr/lib*/faketime/libfaketime.so.1']

/** The wall clock of a process, which can be moved while it runs. Its monotonic clock stays as it is, as on a real machine. */
export type MovedClock = {
  /** Variables that the process has to be started with. */
  readonly env: Readonly<Record<string, string>>
  /** Sets the clock to that many milliseconds after the real time, or before it. */
  readonly set: (offsetMs: number) => void
}

/** @throws Error where libfaketime is not installed */
export function createMovedClock(offsetMs = 0): MovedClock {
  const [library] = globSync(LIBRARIES)
  if (library === undefined) throw new Error('needs libfaketime: run make setup')
  const file = join(guardedDirectory('clock'), 'offset')
  const set = (ms: number): void => {
    // Another file in its place: one that is being written would be read half.
    writeFileSync(`${file}.new`, `${ms < 0 ? '-' : '+'}${Math.abs(ms / 1000)}\n`)
    renameSync(`${file}.new`, file)
  }
  set(offsetMs)
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    set,
  }
}
