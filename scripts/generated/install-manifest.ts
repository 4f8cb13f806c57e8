import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const CHART = 'helm/digicert-operator'
const NAMESPACE = 'digicert-operator'

const HEAD = `# Generated from helm/digicert-operator by \`npm run generate\`: the chart with its default values.
# The image is the one that CONTRIBUTING.md builds; put the registry you pushed it to before its name.
#
#   kubectl apply --server-side -f deploy/install.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`

/** Labels that say Helm looks after an object, which is not so for a manifest that was applied by hand. */
const HELMS = /^ *(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n/gm

/** The real Helm: of KUBEBUILDER_ASSETS, else built from the pinned Go modules. */
export const helmOf = (root: string): string => {
  const brought = path.join(process.env['KUBEBUILDER_ASSETS'] ?? '', 'helm')
  if (path.isAbsolute(brought) && existsSync(brought)) return brought
  const script = path.join(root, 'scripts/control-plane.sh')
  const directory = execFileSync(script, ['helm'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
  return path.join(directory, 'helm')
}

const render = (root: string, chart: string, values: readonly string[]): string =>
  execFileSync(
    helmOf(root),
    ['template', 'digicert-operator', chart, '-n', NAMESPACE, ...values.flatMap((value) => ['--set', value])],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )

/**
 * The chart as it is in the checkout, with those CRDs and values, rendered by the real Helm, which is built first where
 * it is missing; without what says that Helm looks after it.
 */
export const renderedChart = (root: string, crds: ReadonlyMap<string, string>, values: readonly string[]): string => {
  const copy = mkdtempSync(path.join(tmpdir(), 'digicert-operator-chart-'))
  try {
    cpSync(path.join(root, CHART), path.join(copy, CHART), { recursive: true })
    const templates = path.join(copy, CHART, 'templates/crds')
    rmSync(templates, { recursive: true, force: true })
    mkdirSync(templates)
    for (const [file, text] of crds) writeFileSync(path.join(copy, file), text)
    return render(root, path.join(copy, CHART), values).replace(HELMS, '')
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

/** The chart with its default values, and the namespace that it goes into. */
export const installManifest = (root: string, crds: ReadonlyMap<string, string>): string =>
  HEAD + renderedChart(root, crds, ['crds.keep=false'])
