import { type ChartValue, leavesOf } from './chart-values.ts'
import { code, table } from './markdown.ts'

const HEAD = `<!-- Generated from values.yaml by \`npm run generate\`; not to be edited. -->

# digicert-operator

Turns a \`DigiCertOrder\` into a certificate from DigiCert CertCentral in a \`kubernetes.io/tls\` Secret, and keeps it good
for years. Needs Kubernetes 1.30 or newer.

\`\`\`sh
helm install digicert-operator helm/digicert-operator -n digicert-operator --create-namespace \\
  --set image.repository=registry.example.com/digicert-operator
\`\`\`

CRDs and, with them, orders and accounts stay when the release is uninstalled (\`crds.keep\`). \`helm upgrade\` brings the CRDs
along. API keys are no values: they stand in Secrets.

## Without rights on the cluster

With \`watchNamespaces\`, \`clusterId\` and \`clusterAccounts: false\` the operator has Roles only. To install it without rights
on the cluster as well, let an administrator apply \`crds/\`, and set \`crds.enabled\`, \`rbac.aggregate\`,
\`flowSchema.enabled\`, \`admissionPolicies.ownSecrets\` and \`admissionPolicies.ownFinalizers\` to false. The
administrator should apply both policies as well: \`deploy/kustomize/namespaced/policies.yaml\` has them for the
ServiceAccount \`digicert-operator\` of the namespace \`digicert-operator\`.

## Who may spend from a cluster account

\`admissionPolicies.useClusterAccounts\` lets those place an order from a \`ClusterDigiCertAccount\`, or have more of one, who
have the verb \`use\` on the account: cluster administrators, and those who are bound to the ClusterRole \`…-use-accounts\`, such as
the account of Argo CD or Flux that applies the orders. It asks for it on creation, on a change of the spec, and where one of
the annotations \`order-again\`, \`release-brake\` and \`reissue-requested-at\` is added or gets another value:

\`\`\`sh
kubectl create rolebinding use-accounts -n shop --clusterrole digicert-operator-use-accounts --group shop-team
\`\`\`

## Values
`

const shown = (value: unknown): string => code(JSON.stringify(value))

const row = ({ path, default: value, says }: ChartValue): string[] => [code(path), shown(value), says]

/** `README.md` of the chart. */
export const chartReadme = (values: readonly ChartValue[]): string =>
  `${HEAD}\n${table(['Value', 'Default', 'Meaning'], leavesOf(values).map(row))}\n`
