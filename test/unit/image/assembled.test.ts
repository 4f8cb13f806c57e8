import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { VERSION } from '../../../src/version.ts'

const CHECKOUT = path.resolve(import.meta.dirname, '../../..')

let root: string
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'digicert-operator-image-'))
  execFileSync(process.execPath, [path.join(CHECKOUT, 'scripts/image/assemble.ts'), root])
}, 60_000)
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

type Sbom = { metadata: { component: object }; components: { name: string; version: string }[] }

describe('what the image holds on top of its base', () => {
  test('is the program in one file, its source map, its parts list and the licences', () => {
    const entries = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()
    expect(entries.filter((entry) => statSync(path.join(root, entry)).isFile())).toEqual([
      'app/digicert-operator.js',
      'app/digicert-operator.js.map',
      'app/package.json',
      'app/sbom.cdx.json',
      'licenses/LICENSE',
      'licenses/THIRD_PARTY_LICENSES',
    ])
  })

  test('is less than 12 MB', () => {
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((entry) =>
      statSync(path.join(root, entry)),
    )
    const bytes = files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0)
    expect(bytes).toBeLessThan(12_000_000)
  })

  test('can be read by everybody and written by nobody but its owner', () => {
    const entries = readdirSync(root, { recursive: true, encoding: 'utf8' })
    const strange = entries.filter((entry) => {
      const { mode } = statSync(path.join(root, entry))
      return (mode & 0o022) !== 0 || (mode & 0o044) !== 0o044
    })
    expect(strange).toEqual([])
  })

  test('runs without any installed package', () => {
    const program = path.join(root, 'app/digicert-operator.js')
    expect(execFileSync(process.execPath, [program, '--version'], { cwd: '/', encoding: 'utf8' }).trim()).toBe(VERSION)
  })

  test('tells an error by the lines of the sources', () => {
    const { sources } = JSON.parse(read('app/digicert-operator.js.map')) as { sources: string[] }
    expect(sources).toContain('../src/main.ts')
    expect(sources.filter((source) => !/^\.\.\/(src|node_modules)\//.test(source))).toEqual([])
  })

  test('lists the same packages as parts and with their licences', () => {
    const { metadata, components } = JSON.parse(read('app/sbom.cdx.json')) as Sbom
    expect(metadata.component).toMatchObject({ name: 'digicert-operator', version: VERSION, type: 'application' })
    const [, licensed = ''] = read('licenses/THIRD_PARTY_LICENSES').split('\n\n')
    const listed = licensed.split('\n').map((line) => line.replace(/: .*/, ''))
    expect([...new Set(listed)].sort()).toEqual(components.map(({ name, version }) => `${name} ${version}`).sort())
  })

  test('has every library that package.json names, and no tool of the developers', () => {
    const { components } = JSON.parse(read('app/sbom.cdx.json')) as Sbom
    const parts = components.map(({ name }) => name)
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(path.join(CHECKOUT, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>
    expect(Object.keys(dependencies!).filter((name) => !parts.includes(name))).toEqual([])
    expect(Object.keys(devDependencies!).filter((name) => parts.includes(name))).toEqual([])
  })

  test('names a licence for each, and none that asks for the sources of the whole', () => {
    const [, licensed = ''] = read('licenses/THIRD_PARTY_LICENSES').split('\n\n')
    const licences = licensed.split('\n').map((line) => line.replace(/^.*?: /, ''))
    const known = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense', 'BlueOak-1.0.0']
    // node-forge may be taken under either of two.
    expect([...new Set(licences)].filter((licence) => !known.includes(licence))).toEqual(['(BSD-3-Clause OR GPL-2.0)'])
  })
})
