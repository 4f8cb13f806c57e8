import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '@jest/types'
import setup from './global-setup.ts'
import { guardedDirectory } from './guard.ts'

/** The set-up of `make sweep`: a control plane, and a file that its table is made from. */
export default async function setupSweep(config: Config.GlobalConfig): Promise<void> {
  const report = join(guardedDirectory('sweep'), 'rows.jsonl')
  writeFileSync(report, '')
  process.env['SWEEP_REPORT'] = report
  await setup({ ...config, maxWorkers: 1 })
}
