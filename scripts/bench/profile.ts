import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../../test/support/wait-for.ts'
import { abreast } from './abreast.ts'
import { observe } from './observer.ts'
import { type Stand, submit } from './stand.ts'

/** Buys so many with a profiler at work; gives the files of the CPU profile and of the heap at the end. */
export async function profile(stand: Stand, count: number, directory: string): Promise<string[]> {
  mkdirSync(directory, { recursive: true })
  const before = new Set(readdirSync(directory))
  const written = (ending: string) => () =>
    Promise.resolve(readdirSync(directory).find((name) => name.endsWith(ending) && !before.has(name)))
  const env = { NODE_OPTIONS: `--cpu-prof --heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${directory}` }
  const operator = await stand.startOperator({}, env)
  const observer = await observe(stand.kubeconfig, stand.namespace)
  await abreast(count, 25, (index) => submit(stand, 'profile', index))
  await observer.untilReady(count, 1_800_000)
  await observer.close()
  process.kill(operator.pid()!, 'SIGUSR2')
  const heap = await waitFor(written('.heapsnapshot'), { what: 'heap snapshot', limitMs: 60_000 })
  await operator.stop()
  const cpu = await waitFor(written('.cpuprofile'), { what: 'CPU profile', limitMs: 60_000 })
  return [cpu, heap].map((name) => join(directory, name))
}
