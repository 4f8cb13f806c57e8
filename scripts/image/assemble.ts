/**
 * Puts together what the image holds on top of its base: `node scripts/image/assemble.ts <directory>`. The Dockerfile
 * calls exactly this, and so do the tests that run the result.
 *
 *   app/digicert-operator.js, .js.map     the program, in one file
 *   app/package.json                      says that the file is a module
 *   app/sbom.cdx.json                     what is part of it
 *   licenses/                             its licence, and those of its parts
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { bundle } from './bundle.ts'
import { licenceList, readPackage } from './licences.ts'
import { sbomOf } from './sbom.ts'

type Lockfile = { packages: Record<string, { dev?: boolean }> }

const root = path.resolve(import.meta.dirname, '../..')

const assemble = async (directory: string): Promise<void> => {
  const [app, licenses] = [path.join(directory, 'app'), path.join(directory, 'licenses')]
  for (const each of [app, licenses]) mkdirSync(each, { recursive: true })
  const program = await bundle(root, 'digicert-operator.js')
  for (const file of program.files) writeFileSync(path.join(app, file.name), file.contents)
  refuseTools(program.packages)
  const packages = program.packages.map((part) => readPackage(path.join(root, part)))
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<string, string>
  if (name === undefined || version === undefined) throw new Error('package.json has no name or no version')
  writeFileSync(path.join(app, 'package.json'), `${JSON.stringify({ name, version, type: 'module' }, undefined, 2)}\n`)
  writeFileSync(path.join(app, 'sbom.cdx.json'), sbomOf({ root, name, version }, packages))
  writeFileSync(path.join(licenses, 'THIRD_PARTY_LICENSES'), licenceList(packages))
  copyFileSync(path.join(root, 'LICENSE'), path.join(licenses, 'LICENSE'))
}

/** Nothing that only tools of the developers need may slip into the program. */
const refuseTools = (parts: readonly string[]): void => {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lockfile
  const tools = parts.filter((part) => packages[part] === undefined || packages[part].dev === true)
  if (tools.length > 0) throw new Error(`part of the program, but no dependency of it: ${tools.join(', ')}`)
}

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('usage: node scripts/image/assemble.ts <directory>')
await assemble(path.resolve(directory))
