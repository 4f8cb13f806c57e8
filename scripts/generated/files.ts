import { chartFiles } from './chart.ts'
import { chartCrds } from './chart-crds.ts'
import { crdFiles } from './crds.ts'
import { installManifest } from './install-manifest.ts'
import { argoCdConfig } from './argocd.ts'
import { kustomizeBases } from './kustomize.ts'
import { reference } from './reference.ts'

/** Directories that hold nothing but generated files. */
export const GENERATED_ONLY = ['crds', 'helm/digicert-operator/templates/crds']

/** Everything that is generated, by its path in the checkout. */
export const generatedFiles = (root: string): Map<string, string> => {
  const ofChart = new Map([...chartCrds(), ...chartFiles(root)])
  return new Map([
    ...crdFiles(),
    ...ofChart,
    ['docs/reference.md', reference()],
    ['deploy/install.yaml', installManifest(root, ofChart)],
    ...kustomizeBases(root, ofChart),
    ['deploy/gitops/argocd/argocd-cm.yaml', argoCdConfig(root)],
  ])
}
