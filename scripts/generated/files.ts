import { chartFiles } from './chart.ts'
import { chartCrds } from './chart-crds.ts'
import { crdFiles } from './crds.ts'
import { argoCdConfig } from './argocd.ts'
import { installManifest } from './install-manifest.ts'
import { kustomizeBases } from './kustomize.ts'
import { metricsPage } from './metrics-page.ts'
import { orderPagesPage } from './pages.ts'
import { reference } from './reference.ts'
import { versionedChart, versionedFiles } from './versions.ts'

/** Directories that hold nothing but generated files. */
export const GENERATED_ONLY = ['crds', 'helm/digicert-operator/templates/crds']

/** Everything that is generated, by its path in the checkout. */
export const generatedFiles = (root: string): Map<string, string> => {
  const ofChart = new Map([...chartCrds(), ...chartFiles(root)])
  const rendered = new Map([...ofChart, ...versionedChart(root)])
  return new Map([
    ...crdFiles(),
    ...ofChart,
    ['docs/reference.md', reference()],
    ['docs/pages.md', orderPagesPage()],
    ['docs/metrics.md', metricsPage(root)],
    ['deploy/install.yaml', installManifest(root, rendered)],
    ...kustomizeBases(root, rendered),
    ['deploy/gitops/argocd/argocd-cm.yaml', argoCdConfig(root)],
    ...versionedFiles(root),
  ])
}
