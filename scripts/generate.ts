/**
 * Writes everything that is made from other sources: `crds/`, the CRDs of the chart and `docs/reference.md` and
 * `docs/pages.md` from src/,
 * the tables of `docs/metrics.md` from src/ and the chart's alerts, `deploy/install.yaml` and the bases of kustomize from
 * the chart, and the version in all places from package.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { generatedFiles } from './generated/files.ts'

const root = path.resolve(import.meta.dirname, '..')

for (const [file, text] of generatedFiles(root)) {
  const target = path.join(root, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}
