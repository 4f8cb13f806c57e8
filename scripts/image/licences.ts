import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'

type Manifest = { name: string; version: string; license?: string; homepage?: string }

/** A package that is part of the program. */
export type Package = {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly text: string
}

/**
 * Reads name, version and licence of a package from its directory.
 * @throws Error when it says no licence, or holds no text of it
 */
export const readPackage = (directory: string): Package => {
  const { name, version, license } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as Manifest
  const text = licenceText(directory)
  if (license === undefined || text === undefined) throw new Error(`${name} ${version} comes without a licence`)
  return { name, version, licence: license, text }
}

const licenceText = (directory: string): string | undefined => {
  const names = readdirSync(directory).sort()
  const read = (name: string): string => readFileSync(path.join(directory, name), 'utf8').trim()
  const files = names.filter((name) => /^((un)?licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(name))
  if (files.length > 0) return files.map(read).join('\n\n')
  // Some have it at the end of their page only.
  const page = names.find((name) => /^readme(\.md)?$/i.test(name))
  return page === undefined ? undefined : /^(?:#+ )?licen[cs]e\W*\n[^]*/im.exec(read(page))?.[0]
}

const RULE = '-'.repeat(80)

/** The list that has to go along with a copy of the program. */
export const licenceList = (packages: readonly Package[]): string => {
  const lines = packages.map(({ name, version, licence }) => `${name} ${version}: ${licence}`)
  const texts = packages.map(({ name, version, text }) => `${RULE}\n${name} ${version}\n${RULE}\n\n${text}\n`)
  const head = `digicert-operator contains parts of these packages. Their licences follow.\n\n${lines.join('\n')}\n`
  return [head, ...texts].join('\n')
}
