import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { helmOf } from '../../../scripts/generated/install-manifest.ts'
import { VERSION } from '../../../src/version.ts'

const CHECKOUT = path.resolve(import.meta.dirname, '../../..')

let copy: string
let output: string
beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'digicert-operator-release-'))
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: CHECKOUT, encoding: 'utf8' })
  for (const file of listed.trim().split('\n')) {
    if (existsSync(path.join(CHECKOUT, file))) cpSync(path.join(CHECKOUT, file), path.join(copy, file))
  }
  symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(copy, 'node_modules'))
  commitAs('a day', (changelog) => changelog.replace(/^## (\S+) \(unreleased\)$/m, '## $1 (2027-01-31)'))
  output = release().stdout
}, 180_000)
afterAll(() => {
  rmSync(copy, { recursive: true, force: true })
})

const git = (...args: string[]): void => {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  execFileSync('git', [...who, ...args], { cwd: copy, stdio: ['ignore', 'ignore', 'inherit'] })
}

const commitAs = (message: string, change: (changelog: string) => string): void => {
  const file = path.join(copy, 'CHANGELOG.md')
  writeFileSync(file, change(readFileSync(file, 'utf8')))
  git('init', '-q')
  // The pattern of .gitignore is that of a directory.
  writeFileSync(path.join(copy, '.git/info/exclude'), 'node_modules\n')
  git('add', '-A')
  git('commit', '-qm', message)
}

const release = () => spawnSync(process.execPath, ['scripts/release.ts'], { cwd: copy, encoding: 'utf8' })

const out = (file: string): string => path.join(copy, 'dist-release', file)

const CHART = `digicert-operator-${VERSION}.tgz`
const PROGRAM = `digicert-operator-npm-${VERSION}.tgz`

describe('a release', () => {
  test('is these files, and leaves the checkout as it was', () => {
    expect(output.trim().split('\n')).toEqual(
      [
        'SHA256SUMS',
        'THIRD_PARTY_LICENSES',
        'crds.yaml',
        `digicert-operator-${VERSION}.cdx.json`,
        CHART,
        PROGRAM,
        'install.yaml',
      ].map((name) => `dist-release/${name}`),
    )
    expect(execFileSync('git', ['status', '--porcelain'], { cwd: copy, encoding: 'utf8' })).toBe('')
  })

  test('has a chart that renders objects of its version', () => {
    const shown = execFileSync(helmOf(CHECKOUT), ['show', 'chart', out(CHART)], { encoding: 'utf8' })
    expect(parse(shown)).toMatchObject({ name: 'digicert-operator', version: VERSION, appVersion: VERSION })
    const rendered = execFileSync(helmOf(CHECKOUT), ['template', 'x', out(CHART)], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    expect(rendered).toContain(`image: "digicert-operator:${VERSION}"`)
  })

  test('has a program that runs once its libraries are there', () => {
    const place = path.join(copy, 'installed')
    mkdirSync(place)
    execFileSync('tar', ['-xzf', out(PROGRAM), '-C', place])
    symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(place, 'node_modules'))
    const { bin } = JSON.parse(readFileSync(path.join(place, 'package/package.json'), 'utf8')) as {
      bin: Record<string, string>
    }
    const program = path.join(place, 'package', bin['digicert-operator']!)
    expect(execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' }).trim()).toBe(VERSION)
    expect(existsSync(path.join(place, 'package/LICENSE'))).toBe(true)
    rmSync(place, { recursive: true })
  })

  test('has the manifests of the checkout', () => {
    expect(readFileSync(out('install.yaml'), 'utf8')).toBe(
      readFileSync(path.join(CHECKOUT, 'deploy/install.yaml'), 'utf8'),
    )
    const crds = parseAllDocuments(readFileSync(out('crds.yaml'), 'utf8')).map((document) => document.toJS() as object)
    expect(crds).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ kind: 'CustomResourceDefinition' })))
  })

  test('has sums that are right', () => {
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: out('') })
    expect(readFileSync(out('SHA256SUMS'), 'utf8').trim().split('\n')).toHaveLength(6)
  })
})

test('a checkout with a change that is not committed is refused, and nothing is built', () => {
  rmSync(out(''), { recursive: true })
  writeFileSync(path.join(copy, 'src/new.ts'), '')
  const { status, stderr } = release()
  rmSync(path.join(copy, 'src/new.ts'))

  expect([status, existsSync(out(''))]).toEqual([1, false])
  expect(stderr).toContain('?? src/new.ts')
})

test('a checkout whose generated files are stale is refused', () => {
  const file = path.join(copy, 'src/version.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace(VERSION, '9.9.9'))
  git('commit', '-qam', 'another version')
  const { status, stderr } = release()

  expect([status, existsSync(out(''))]).toEqual([1, false])
  expect(stderr).toContain('src/version.ts is not what its source makes')
}, 60_000)
