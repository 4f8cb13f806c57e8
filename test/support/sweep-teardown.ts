import teardown from './global-teardown.ts'
import { table } from './sweep-table.ts'

/** Prints what came of the sweep, and ends the control plane. */
export default async function teardownSweep(): Promise<void> {
  process.stdout.write(`\n${table() ?? 'nothing was swept'}\n`)
  await teardown()
}
