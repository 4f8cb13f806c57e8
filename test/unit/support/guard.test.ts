import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from '@jest/globals'
import { isAlive } from '../../support/child.ts'
import { waitFor } from '../../support/wait-for.ts'

const SUPPORT = join(import.meta.dirname, '..', '..', 'support')

/* Starts a child that would run for minutes, tells its pid and directory, and waits for its own end. */
const PARENT = `
  import { startChild } from ${JSON.stringify(join(SUPPORT, 'child.ts'))}
  import { guardedDirectory } from ${JSON.stringify(join(SUPPORT, 'guard.ts'))}
  const directory = guardedDirectory('orphan')
  const { pid } = await startChild({ name: 'orphan', directory, command: 'sleep', args: ['300'] })
  console.log(JSON.stringify({ pid, directory }))
  if (process.argv[1] === 'return') process.exit(0)
  setInterval(() => undefined, 1000)
`

type Orphan = { pid: number; directory: string }

async function start(how: 'return' | 'wait'): Promise<{ orphan: Orphan; kill: (signal: NodeJS.Signals) => void }> {
  const args = ['--no-warnings', '--input-type=module', '-e', PARENT, how]
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: parent.stdout })) {
    return { orphan: JSON.parse(line) as Orphan, kill: (signal) => void parent.kill(signal) }
  }
  throw new Error('the parent said nothing')
}

describe('a guarded directory', () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'takes its processes along when its owner dies of %s',
    async (signal) => {
      const { orphan, kill } = await start('wait')
      expect({ runs: isAlive(orphan.pid), exists: existsSync(orphan.directory) }).toEqual({ runs: true, exists: true })

      kill(signal)

      const isClean = () => !isAlive(orphan.pid) && !existsSync(orphan.directory)
      await waitFor(isClean, { what: 'end of the orphan and its directory', limitMs: 5000 })
    },
  )

  test('takes its processes along when its owner simply ends', async () => {
    const { orphan } = await start('return')

    const isClean = () => !isAlive(orphan.pid) && !existsSync(orphan.directory)
    await waitFor(isClean, { what: 'end of the orphan and its directory', limitMs: 5000 })
  })
})
