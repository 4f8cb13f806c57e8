import { join } from 'node:path'
import { endChild, logTail, runningPid, startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { guardedDirectory } from './guard.ts'
import { type FlagValue, flagsOf, programArgs } from './operator-process.ts'
import { type SimulatorControl, simulatorControl } from './simulator-control.ts'
import { waitFor } from './wait-for.ts'

/** The simulator as a program of its own. */
export type SimulatorProcess = {
  /** For `spec.url` of an account. */
  readonly url: string
  readonly controlUrl: string
  readonly control: SimulatorControl
  readonly stop: () => Promise<void>
}

/** How to start the simulator: flags of `simulator` without the dashes. */
export type SimulatorFlags = Readonly<Record<string, FlagValue | readonly FlagValue[]>>

/** With `DIGICERT_OPERATOR_QUIRKS=all` every simulator answers as recordings of CertCentral do. */
const quirks = (): SimulatorFlags => {
  const which = process.env['DIGICERT_OPERATOR_QUIRKS']
  return which === undefined || which === '' ? {} : { quirks: which }
}

/**
 * Starts `digicert-operator simulator` without TLS, on a free port unless told where to listen. It dies with this process.
 * @throws Error with the end of its log when it does not answer in 30 s.
 */
export async function startSimulatorProcess(flags: SimulatorFlags = {}): Promise<SimulatorProcess> {
  const place = { name: 'simulator', directory: guardedDirectory('simulator') }
  const listen = typeof flags['listen'] === 'string' ? flags['listen'] : `127.0.0.1:${await freePort()}`
  await startChild({
    ...place,
    command: process.execPath,
    args: [...programArgs(), 'simulator', ...flagsOf({ listen, http: true, ...quirks(), ...flags })],
    cwd: join(import.meta.dirname, '..', '..'),
  })
  const controlUrl = `http://${listen}/simulator`
  const control = simulatorControl(controlUrl)
  const look = async () => (runningPid(place) === undefined ? 'ended' : await control.state())
  const seen = await waitFor(look, { what: 'answer of the simulator', limitMs: 30_000 }).catch(() => 'late')
  if (typeof seen === 'string') throw new Error(`the simulator did not come up (${seen}); ${logTail(place)}`)
  return { url: `http://${listen}/services/v2`, controlUrl, control, stop: () => endChild(place, 'SIGTERM') }
}
