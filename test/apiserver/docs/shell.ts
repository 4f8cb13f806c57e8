import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a block of commands came to. */
export type Ran = { readonly code: number; readonly output: string }

/** How long the commands of one block may take, in milliseconds. */
const LIMIT = 120_000

/*
 * Each block has a shell of its own, so that one that fails ends nothing else; variables and the directory are handed on
 * from one to the next, as in the one shell that a reader has.
 */
const SCRIPT = `
set -aeo pipefail
[ ! -f .variables ] || . ./.variables
cd "$(cat .place)"
. "$BLOCK"
pwd >"$STAGE/.place"
export -p >"$STAGE/.variables"
`

/** Runs blocks in a directory, with an environment and nothing of the user's own settings. */
export function openShell(directory: string, env: NodeJS.ProcessEnv): (commands: string) => Promise<Ran> {
  const block = join(directory, '.block')
  return (commands) => {
    if (!existsSync(join(directory, '.place'))) writeFileSync(join(directory, '.place'), directory)
    // What is printed on both streams belongs together, as it does on a screen.
    writeFileSync(block, `exec 2>&1\n${commands}`)
    const options = { cwd: directory, env: { ...env, BLOCK: block, STAGE: directory }, timeout: LIMIT }
    return new Promise((resolve) => {
      const child = execFile('bash', ['--noprofile', '--norc', '-c', SCRIPT], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? 1)
        resolve({ code, output: `${stdout}${stderr}` })
      })
      child.stdin?.end()
    })
  }
}

/** What a variable holds that a page set. */
export function variable(directory: string, name: string): string | undefined {
  const file = join(directory, '.variables')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return new RegExp(`^declare -x ${name}="(.*)"$`, 'm').exec(text)?.[1]
}
