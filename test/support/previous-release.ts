import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionedFiles } from '../../scripts/generated/versions.ts'
import { guardedDirectory } from './guard.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const PARTS = ['src', 'scripts', 'helm', 'Dockerfile', 'LICENSE', 'package.json', 'package-lock.json', 'tsconfig.json']
const CRD = 'helm/digicert-operator/templates/crds/digicertorders.yaml'

/** The version of the release before. */
export const PREVIOUS = '0.0.9'

/** What the kind of orders did not have then: a column, and a field of the spec. */
export const NEW_IN_CRD = { column: 'Next', field: 'suspend' }

/**
 * A checkout of a release before this one. No such release was made, so it is the sources of today under another version,
 * with a chart whose CRD lacks a column and a field.
 */
export function previousCheckout(): string {
  const root = guardedDirectory('previous')
  for (const part of PARTS) cpSync(join(CHECKOUT, part), join(root, part), { recursive: true })
  symlinkSync(join(CHECKOUT, 'node_modules'), join(root, 'node_modules'))
  edit(join(root, 'package.json'), /(?<="version": ").*(?=")/, PREVIOUS)
  for (const [file, text] of versionedFiles(root)) writeFileSync(join(root, file), text)
  const { column, field } = NEW_IN_CRD
  edit(join(root, CRD), new RegExp(`^ {8}- name: ${column}\\n(?: {10}.*\\n)+`, 'm'), '')
  edit(join(root, CRD), new RegExp(`^ {16}${field}:\\n(?: {18}.*\\n)+`, 'm'), '')
  return root
}

function edit(file: string, what: RegExp, by: string): void {
  const text = readFileSync(file, 'utf8')
  if (!what.test(text)) throw new Error(`${file} has nothing like ${String(what)}`)
  writeFileSync(file, text.replace(what, by))
}
