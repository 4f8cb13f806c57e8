import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'

/*
 * The shell reads a pipe that this process holds open and never writes to. When this process ends, in whatever way, the
 * pipe closes: the shell ends every process that left its id in the directory, and removes the directory.
 */
const SCRIPT = `
trap '' INT TERM HUP
cat >/dev/null
for file in "$1"/*.pid "$1"/*/*.pid; do
  [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null
done
rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }
`

let root: string | undefined

/**
 * A new directory that is removed when this process ends, together with every process that left its id there in a file
 * `*.pid`. That holds for a crash and for SIGKILL as well. Works with any POSIX shell.
 */
export function guardedDirectory(name: string): string {
  root ??= startGuard()
  const directory = mkdtempSync(join(root, `${name}-`))
  return directory
}

function startGuard(): string {
  const directory = mkdtempSync(join(tmpdir(), 'digicert-operator-'))
  const guard = spawn('sh', ['-c', SCRIPT, 'guard', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.unref()
  // The pipe is a socket, which must not keep this process running either; its type does not tell.
  const pipe: Writable & { unref?: () => void } = guard.stdin
  pipe.unref?.()
  return directory
}
