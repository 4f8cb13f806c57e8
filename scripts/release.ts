/**
 * `make release`: builds the files of a release into `dist-release/`, from a checkout that is committed, whose generated
 * files are fresh and whose changelog names the version and its day. It publishes nothing.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { buildArtifacts } from './release/artifacts.ts'
import { objections } from './release/may-release.ts'

const root = path.resolve(import.meta.dirname, '..')
const out = path.join(root, 'dist-release')

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const versionIn = (file: string): string => (JSON.parse(read(file)) as { version: string }).version

const version = versionIn('package.json')
const reasons = objections({
  version,
  lockedVersion: versionIn('package-lock.json'),
  changelog: read('CHANGELOG.md'),
  changes: execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }),
})
for (const reason of reasons) console.error(`release: ${reason}`)
if (reasons.length > 0) process.exit(1)

if (spawnSync(process.execPath, ['scripts/verify.ts'], { cwd: root, stdio: 'inherit' }).status !== 0) process.exit(1)
rmSync(out, { recursive: true, force: true })
buildArtifacts({ root, out, version })
for (const name of readdirSync(out).sort()) console.log(`dist-release/${name}`)
