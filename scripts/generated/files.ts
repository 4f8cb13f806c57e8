import { chartCrds } from './chart-crds.ts'
import { crdFiles } from './crds.ts'
import { installManifest } from './install-manifest.ts'
import { metricsPage } from './metrics-page.ts'
import { reference } from './reference.ts'

/** Directories that hold nothing but generated files. */
export const GENERATED_ONLY = ['crds', 'helm/digicert-operator/templates/crds']

/** Everything that is generated, by its path in the checkout. */
export const generatedFiles = (root: string): Map<string, string> => {
  const ofChart = chartCrds()
  return new Map([
    ...crdFiles(),
    ...ofChart,
    ['docs/reference.md', reference()],
    ['docs/metrics.md', metricsPage(root)],
    ['deploy/install.yaml', installManifest(root, ofChart)],
  ])
}
