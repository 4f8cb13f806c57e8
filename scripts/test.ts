/**
 * `npm test`: types, lint, generated files, the suites without and with an API server, in this order and whatever the
 * earlier ones said. The last line is always `N passed, N failed`: each jest test counts as one, and so does each step
 * that is no suite. Ends with 1 when anything failed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Count = { readonly passed: number; readonly failed: number }
type Step = { readonly script: string; readonly kind: 'check' | 'suite' }

const STEPS: readonly Step[] = [
  { script: 'types', kind: 'check' },
  { script: 'lint', kind: 'check' },
  { script: 'verify', kind: 'check' },
  { script: 'unit', kind: 'suite' },
  { script: 'apiserver', kind: 'suite' },
]

const results = mkdtempSync(join(tmpdir(), 'digicert-operator-test-'))
const counts: Count[] = []
let current: ChildProcess | undefined
const interruption = new AbortController()

process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)
// Runs on every way out, so that whoever reads the last line always finds one.
process.on('exit', (code) => {
  rmSync(results, { recursive: true, force: true })
  const left = STEPS.length - counts.length
  const passed = counts.reduce((sum, count) => sum + count.passed, 0)
  const failed = counts.reduce((sum, count) => sum + count.failed, left)
  process.exitCode = failed > 0 || code !== 0 ? 1 : 0
  console.log(`${passed} passed, ${failed} failed`)
})

for (const step of STEPS) {
  if (!interruption.signal.aborted) counts.push(await run(step))
}

function interrupt(): void {
  interruption.abort()
  current?.kill('SIGTERM')
}

async function run({ script, kind }: Step): Promise<Count> {
  console.log(`\n=== ${script}`)
  const began = performance.now()
  const outputFile = join(results, `${script}.json`)
  const args = kind === 'suite' ? ['--', '--json', `--outputFile=${outputFile}`] : []
  const code = await npmRun(script, args)
  const count =
    kind === 'suite' ? countOf(outputFile, code) : { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`=== ${script}: ${count.passed} passed, ${count.failed} failed, ${seconds} s`)
  return count
}

function npmRun(script: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    current = spawn('npm', ['run', '--silent', script, ...args], { stdio: 'inherit' })
    current.once('error', (error) => {
      console.error(`npm run ${script}: ${error.message}`)
      resolve(1)
    })
    current.once('close', (code) => resolve(code ?? 1))
  })
}

/* A test file that does not load has no tests to count, and a suite may fail in its set-up: neither must count as zero. */
function countOf(file: string, code: number): Count {
  if (!existsSync(file)) return { passed: 0, failed: 1 }
  const report = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>
  const passed = report['numPassedTests'] ?? 0
  const failed = (report['numFailedTests'] ?? 0) + (report['numRuntimeErrorTestSuites'] ?? 0)
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}
