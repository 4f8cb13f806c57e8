/**
 * Writes tools/gitops/crds, which test/apiserver/gitops checks the examples with, from the Go modules of Flux and Argo CD:
 *
 *   node scripts/gitops-crds.ts
 *
 * Descriptions are left out, and so are versions that are not served or not asked for: what remains decides what is valid.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse, stringify } from 'yaml'

const TARGET = path.join(import.meta.dirname, '..', 'tools', 'gitops', 'crds')

const SOURCES = [
  ['github.com/argoproj/argo-cd/v3@v3.6.1', 'manifests/crds/application-crd.yaml', 'v1alpha1'],
  ['github.com/argoproj/argo-cd/v3@v3.6.1', 'manifests/crds/appproject-crd.yaml', 'v1alpha1'],
  ['github.com/fluxcd/helm-controller@v1.6.0', 'config/crd/bases/helm.toolkit.fluxcd.io_helmreleases.yaml', 'v2'],
  [
    'github.com/fluxcd/kustomize-controller@v1.10.1',
    'config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml',
    'v1',
  ],
  [
    'github.com/fluxcd/source-controller@v1.10.1',
    'config/crd/bases/source.toolkit.fluxcd.io_gitrepositories.yaml',
    'v1',
  ],
  [
    'github.com/fluxcd/source-controller@v1.10.1',
    'config/crd/bases/source.toolkit.fluxcd.io_ocirepositories.yaml',
    'v1',
  ],
]

type Crd = { metadata: object; spec: { versions: { name: string; storage: boolean }[] } }

const SPOKEN = 'description'

/** Without texts; a property of that name, which is no text, stays. */
const silent = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(silent)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, text]) => key !== SPOKEN || typeof text !== 'string')
  return Object.fromEntries(entries.map(([key, inner]) => [key, silent(inner)]))
}

for (const [module = '', file = '', version = ''] of SOURCES) {
  // The command ends with an error where a module wants a newer Go, which does not matter for a file of it.
  const script = `go mod download -json ${module} || true`
  const told = execFileSync('sh', ['-c', script], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { ...process.env, GO111MODULE: 'on' },
  })
  const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim()
  const directory = (JSON.parse(told) as { Dir?: string }).Dir ?? path.join(cache, module)
  const crd = silent(parse(readFileSync(path.join(directory, file), 'utf8'))) as Crd
  crd.spec.versions = crd.spec.versions
    .filter(({ name }) => name === version)
    .map((kept) => ({ ...kept, storage: true }))
  const head = `# ${file} of ${module} (Apache-2.0), without descriptions and other versions; made by scripts/gitops-crds.ts.\n`
  writeFileSync(path.join(TARGET, path.basename(file)), head + stringify(crd, { lineWidth: 0 }))
}
