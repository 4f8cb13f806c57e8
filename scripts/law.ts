/**
 * `npm run law`: plays years of resources by the laws of money until so many are played, or one breaks a law. YEARS=n
 * says how many, SEED=n where the plays begin, WORKERS=n how many processors are used. Writes nothing.
 */
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import fc from 'fast-check'
import { PROPERTIES, yearsOf } from '../test/law/property.ts'

type Task = { readonly seed: number; readonly workers: number }
type Report = { readonly years: number; readonly plays: number; readonly broken?: string }

const EVERY_MS = 10_000

/** Plays on and on, and reports after each batch of a property; ends with the first play that breaks one. */
const play = async ({ seed, workers }: Task): Promise<void> => {
  for (let batch = seed; ; batch += workers) {
    for (const { of, plays } of Object.values(PROPERTIES)) {
      let years = 0
      const law = of((life) => void (years += yearsOf(life)))
      const result = await fc.check(law, { numRuns: plays, seed: batch })
      const broken = result.failed
        ? `${String(result.errorInstance)}\n${fc.defaultReportMessage(result) ?? ''}`
        : undefined
      const report: Report = { years, plays: result.numRuns, ...(broken === undefined ? {} : { broken }) }
      parentPort?.postMessage(report)
      if (broken !== undefined) return
    }
  }
}

const numberOf = (name: string, otherwise: number): number => {
  const given = Number(process.env[name] || otherwise)
  if (!Number.isFinite(given)) throw new Error(`${name} must be a number`)
  return given
}

/** Lets processors play until the years are over. */
const supervise = (): void => {
  const wanted = numberOf('YEARS', 1_000_000)
  const seed = numberOf('SEED', Date.now() % 1_000_000_000)
  const count = numberOf('WORKERS', 2)
  const began = performance.now()
  let [years, plays] = [0, 0]
  const told = (): string => {
    const seconds = (performance.now() - began) / 1000
    return `${Math.round(years).toLocaleString('en')} years in ${plays.toLocaleString('en')} plays, ${Math.round(seconds)} s, ${Math.round(years / seconds)} a second`
  }
  console.log(`The law of money: ${wanted.toLocaleString('en')} years, SEED=${seed}, ${count} at a time`)
  const progress = setInterval(() => console.log(told()), EVERY_MS)
  const end = async (code: number): Promise<void> => {
    clearInterval(progress)
    process.exitCode = code
    await Promise.all(workers.map((worker) => worker.terminate()))
    console.log(told())
  }
  const workers = Array.from({ length: count }, (_, index) => {
    const task: Task = { seed: seed + index, workers: count }
    const worker = new Worker(new URL(import.meta.url), { workerData: task })
    worker.on('message', (report: Report) => {
      years += report.years
      plays += report.plays
      if (report.broken !== undefined) console.error(report.broken)
      if (report.broken !== undefined || years >= wanted) void end(report.broken === undefined ? 0 : 1)
    })
    worker.on('error', (error) => {
      console.error(error)
      void end(1)
    })
    return worker
  })
}

if (isMainThread) supervise()
else await play(workerData as Task)
