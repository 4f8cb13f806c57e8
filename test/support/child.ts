import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from './wait-for.ts'

/**
 * A program to start. Its process id goes to `<directory>/<name>.pid`, its output to `<directory>/<name>.log` unless
 * another file is named.
 */
export type Program = {
  readonly name: string
  readonly directory: string
  readonly log?: string | undefined
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** Variable that every started program carries, by which its process is told from a later one with the same id. */
const MARK = 'TEST_BED_DIRECTORY'

/** A program that was started. `exit` waits for its exit code, or the name of the signal that ended it. */
export type Child = { readonly pid: number; readonly exit: () => Promise<number | string> }

/**
 * Starts a program that outlives a Ctrl-C at this process, so that whoever started it can end it in good order.
 * @throws Error when the program cannot be started at all.
 */
export async function startChild(program: Program): Promise<Child> {
  const log = openSync(logFile(program), 'a')
  const child = spawn(program.command, program.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...(program.env ?? process.env), [MARK]: program.directory },
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
  })
  closeSync(log)
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      // By now the file may tell of the next process of that name.
      if (recordedPid(program) === child.pid) rmSync(pidFile(program), { force: true })
      resolve(code ?? signal ?? 'unknown')
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', resolve)
  })
  const pid = child.pid as number
  // For a moment after it began a program has no environment to be told by, and would count as gone.
  const isKnown = () => child.exitCode !== null || child.signalCode !== null || readProc(pid, 'environ') !== ''
  await waitFor(isKnown, { what: `environment of ${program.name}`, limitMs: 5000, everyMs: 1 })
  // It keeps this process running only while somebody waits for its end.
  child.unref()
  writeFileSync(pidFile(program), String(pid))
  const exit = () => {
    if (child.exitCode === null && child.signalCode === null) child.ref()
    return exited
  }
  return { pid, exit }
}

/** What finds a started program again. */
export type Place = Pick<Program, 'name' | 'directory' | 'log'>

const pidFile = ({ directory, name }: Place): string => join(directory, `${name}.pid`)
/** The file that a program's output goes to. */
export const logFile = ({ directory, name, log }: Place): string => log ?? join(directory, `${name}.log`)

/** The process id of a program of that name which runs in the directory, whoever started it. */
export function runningPid(place: Place): number | undefined {
  const pid = recordedPid(place)
  return pid !== undefined && isAlive(pid) && isOfDirectory(pid, place.directory) ? pid : undefined
}

const recordedPid = (place: Place): number | undefined =>
  existsSync(pidFile(place)) ? Number(readFileSync(pidFile(place), 'utf8')) : undefined

/** Sends a signal and waits until the process is gone; SIGKILL follows when it does not go. */
export async function endChild(place: Place, signal: NodeJS.Signals, limitMs = 10_000): Promise<void> {
  const pid = runningPid(place)
  if (pid !== undefined) {
    send(pid, signal)
    await waitUntilGone(pid, limitMs).catch(async () => {
      send(pid, 'SIGKILL')
      await waitUntilGone(pid, 5000)
    })
  }
  rmSync(pidFile(place), { force: true })
}

/** Everything that a program wrote to stdout and stderr, as lines. */
export function logLines(place: Place): string[] {
  return existsSync(logFile(place)) ? readFileSync(logFile(place), 'utf8').split('\n').slice(0, -1) : []
}

/** The last lines of a program's output, for an error message. */
export function logTail(place: Place, lines = 15): string {
  return [`last lines of ${logFile(place)}:`, ...logLines(place).slice(-lines)].join('\n  ')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already, which is what was wanted.
  }
}

const waitUntilGone = (pid: number, limitMs: number): Promise<boolean> =>
  waitFor(() => !isAlive(pid), { what: `end of process ${pid}`, limitMs, everyMs: 10 })

/** Whether a process still does something. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // An orphan that nobody waits for stays in the process table of a container; it counts as gone.
  // Until its last thread has ended its sockets are still open, though.
  const status = readProc(pid, 'status')
  return status === undefined || !/^State:\tZ/m.test(status) || !/^Threads:\t[01]$/m.test(status)
}

/** Guards against a process id that was given to another program since; says yes where there is no /proc. */
function isOfDirectory(pid: number, directory: string): boolean {
  const environment = readProc(pid, 'environ')
  return environment === undefined || environment.split('\0').includes(`${MARK}=${directory}`)
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
