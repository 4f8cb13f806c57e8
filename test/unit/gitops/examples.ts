import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const GITOPS = join(import.meta.dirname, '..', '..', '..', 'deploy', 'gitops')

/** An object of an example. */
export type Example = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec: Readonly<Record<string, unknown>>
  readonly data?: Readonly<Record<string, string>>
}

export const objectsOf = (text: string): Example[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Example)

/** The files of one of the two tools, with their objects. */
export const examplesOf = (tool: 'flux' | 'argocd'): (readonly [file: string, objects: Example[]])[] =>
  readdirSync(join(GITOPS, tool))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => [`${tool}/${file}`, objectsOf(readFileSync(join(GITOPS, tool, file), 'utf8'))])
