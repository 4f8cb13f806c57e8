import { renderedChart } from './install-manifest.ts'

const HEAD = '# Generated from helm/digicert-operator by `npm run generate`.\n'

/** What the operator is given where it may have Roles only; an overlay names its own namespaces in a copy of it. */
const NAMESPACED = [
  'watchNamespaces={shop}',
  'clusterAccounts=false',
  'clusterId=production',
  'rbac.aggregate=false',
] as const

/**
 * The bases for kustomize, which takes no file from outside its own directories: the CRDs, the operator for the whole
 * cluster, and the operator for one namespace.
 */
export const kustomizeBases = (root: string, crds: ReadonlyMap<string, string>): [string, string][] => {
  const operator = (values: readonly string[]) => renderedChart(root, crds, ['crds.enabled=false', ...values])
  return [
    ['deploy/kustomize/crds/crds.yaml', only(isCrd, renderedChart(root, crds, ['crds.keep=false']))],
    ['deploy/kustomize/base/operator.yaml', HEAD + operator([])],
    ['deploy/kustomize/namespaced/operator.yaml', only(isNamespaced, operator(NAMESPACED))],
    ['deploy/kustomize/namespaced/policies.yaml', only(isPolicy, operator(NAMESPACED))],
  ]
}

const isCrd = (document: string): boolean => /^kind: CustomResourceDefinition$/m.test(document)

/** What belongs to the whole cluster is not for someone who has rights in a namespace alone. */
const isNamespaced = (document: string): boolean => /^ {2}namespace: /m.test(document)

/** Policies are of the whole cluster: a file of their own, which an administrator can apply alone. */
const isPolicy = (document: string): boolean => /^kind: ValidatingAdmissionPolicy(Binding)?$/m.test(document)

const only = (isWanted: (document: string) => boolean, manifest: string): string =>
  [HEAD, ...manifest.split(/^---\n/m).filter(isWanted)].join('---\n')
