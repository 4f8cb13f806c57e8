import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { endChild, logFile, logLines, logTail, type Place, runningPid, startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { guardedDirectory } from './guard.ts'
import { waitFor } from './wait-for.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')

/** How to start the operator. */
export type OperatorOptions = {
  readonly kubeconfig: string
  /** Where CertCentral answers: the URL that accounts may name. Without it they may name DigiCert's alone. */
  readonly certCentral?: string
  /** Flags of `run` without the dashes; they go before the defaults of `flagsOf`. An undefined one is left out. */
  readonly flags?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly env?: Readonly<Record<string, string>>
  /** Where the log goes; without it a file that is removed when this process ends. */
  readonly log?: string
  /** `listening` (the default) waits for /readyz, `started` for nothing. */
  readonly until?: 'listening' | 'started'
  /** Whose sources are run, before TEST_PROGRAM; silent: those of this checkout. */
  readonly checkout?: string
}

/** The operator as a program of its own. */
export type OperatorProcess = {
  readonly metricsUrl: string
  readonly healthUrl: string
  readonly logFile: string
  readonly pid: () => number | undefined
  /** Every line that it wrote to stdout and stderr, over all restarts. */
  readonly logs: () => string[]
  /** Ends it without a chance to clean up, unless told another signal, and waits until it is gone. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>
  /** Ends it by SIGTERM and gives its exit code, or the signal that it died of. */
  readonly stop: () => Promise<number | string>
  /** Starts it again with the same flags and ports; ends it by SIGTERM first where it runs. */
  readonly restart: () => Promise<void>
  /** Restarts it from the sources of another checkout; undefined is what it runs from without that option. */
  readonly become: (checkout: string | undefined) => Promise<void>
  /** Its exit code or signal, once it has ended by itself. */
  readonly exit: () => Promise<number | string>
  readonly waitUntilReady: () => Promise<void>
}

/**
 * Starts `digicert-operator run` from the sources, or what TEST_PROGRAM names. It dies with this process.
 * @throws Error with the end of its log when it does not become ready in 30 s.
 */
export async function startOperator(options: OperatorOptions): Promise<OperatorProcess> {
  const place = { name: 'operator', directory: guardedDirectory('operator'), log: options.log }
  const [metrics, health] = [await freePort(), await freePort()]
  const healthUrl = `http://127.0.0.1:${health}`
  const flags = {
    kubeconfig: options.kubeconfig,
    ...DEFAULTS,
    'allowed-hosts': options.certCentral && allowedHostOf(options.certCentral),
    'metrics-bind-address': `127.0.0.1:${metrics}`,
    'health-probe-bind-address': `127.0.0.1:${health}`,
    ...options.flags,
  }
  let { checkout } = options
  const launch = () =>
    startChild({
      ...place,
      command: process.execPath,
      args: [...programArgs(checkout), 'run', ...flagsOf(namedFor(checkout, flags))],
      env: { ...cleanEnv(), ...options.env },
      cwd: checkout ?? CHECKOUT,
    })
  const waitUntilReady = () => untilReady(healthUrl, place)
  const begin = async () => {
    const child = await launch()
    if (options.until !== 'started') await waitUntilReady()
    return child
  }
  let child = await begin()
  const restart = async (): Promise<void> => {
    await endChild(place, 'SIGTERM', 30_000)
    child = await begin()
  }
  return {
    metricsUrl: `http://127.0.0.1:${metrics}/metrics`,
    healthUrl,
    logFile: logFile(place),
    pid: () => runningPid(place),
    logs: () => logLines(place),
    kill: (signal = 'SIGKILL') => endChild(place, signal),
    stop: async () => {
      await endChild(place, 'SIGTERM', 30_000)
      return child.exit()
    },
    restart,
    become: (other) => {
      checkout = other
      return restart()
    },
    exit: () => child.exit(),
    waitUntilReady,
  }
}

/* One replica that buys from a server on this machine; a test that wants something else says so. */
const DEFAULTS = {
  'leader-elect': false,
  'allow-http': true,
  'log-format': 'text',
  'log-level': 'debug',
}

/** The flags under the names that an earlier version has for them. */
function namedFor(checkout: string | undefined, flags: Record<string, FlagValue>): Record<string, FlagValue> {
  const { 'unknown-outcome-timeout': timeout, ...others } = flags
  if (checkout === undefined || timeout === undefined) return flags
  const knows = readFileSync(join(checkout, 'src', 'config.ts'), 'utf8').includes('--unknown-outcome-timeout')
  return knows ? flags : { ...others, 'settle-time': timeout }
}

/** The entry of `--allowed-hosts` that lets accounts name a URL. */
export function allowedHostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`
}

/** The value of a flag; a list gives the flag once for each entry. */
export type FlagValue = string | number | boolean | undefined

/** Flags as arguments: `--name=value`, true as `--name`, undefined not at all. */
export function flagsOf(flags: Readonly<Record<string, FlagValue | readonly FlagValue[]>>): string[] {
  return Object.entries(flags)
    .flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (value === true ? `--${name}` : `--${name}=${String(value)}`))
}

/** Arguments of node that come before the command of the program: those of TEST_PROGRAM, else the sources. */
export function programArgs(checkout?: string): string[] {
  const program = checkout === undefined ? process.env['TEST_PROGRAM'] : undefined
  return program?.split(' ') ?? ['--no-warnings', join(checkout ?? CHECKOUT, 'src', 'main.ts')]
}

/* A setting in the developer's shell must not turn into a flag of the operator under test. */
function cleanEnv(): NodeJS.ProcessEnv {
  const foreign = (name: string) => name.startsWith('DIGICERT_OPERATOR_') || name === 'KUBECONFIG'
  const entries = Object.entries(process.env).filter(([name]) => !foreign(name) && name !== 'NODE_OPTIONS')
  return Object.fromEntries(entries)
}

async function untilReady(healthUrl: string, place: Place): Promise<void> {
  const look = async () => {
    if (runningPid(place) === undefined) return 'ended'
    const answer = await fetch(`${healthUrl}/readyz`, { signal: AbortSignal.timeout(2000) })
    await answer.body?.cancel()
    return answer.ok && 'ready'
  }
  const seen = await waitFor(look, { what: 'ready operator', limitMs: 30_000 }).catch(() => 'late')
  if (seen !== 'ready') throw new Error(`the operator did not become ready (${seen}); ${logTail(place)}`)
}
