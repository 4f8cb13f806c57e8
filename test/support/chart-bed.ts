import { type Bed, type BedOptions, startBed } from './bad-days.ts'
import { type Release, type Values, succeedHelm } from './chart.ts'
import { type Cluster, openCluster } from './cluster.ts'
import type { ControlPlane } from './control-plane.ts'
import { openOwnPlane } from './own-plane.ts'
import { waitFor } from './wait-for.ts'

/** A bed whose operator has the rights that the chart gives it, under the policies that the chart makes. */
export type ChartBed = {
  readonly bed: Bed
  readonly plane: ControlPlane
  /** The cluster with the rights of the operator's service account. */
  readonly operator: Cluster
  /** The whole name of a ClusterRole of the release, such as `edit`. */
  readonly roleOf: (suffix: string) => string
  readonly close: () => Promise<void>
}

/** Waiting for what the API server takes a moment to know, such as a policy or a right. */
export const LIMIT = { limitMs: 45_000 }

/**
 * Installs the chart into the bed's namespaces, with no pod, and starts the operator with its service account.
 *
 * @param values of the chart, besides those that say where it is installed
 */
export async function startChartBed(options: BedOptions = {}, values: Values = {}): Promise<ChartBed> {
  const bed = await startBed({ ...options, operator: 'none' })
  const { namespace, otherNamespace, operatorNamespace } = bed
  const plane = openOwnPlane()
  const release: Release = { name: operatorNamespace, namespace: operatorNamespace, kubeconfig: plane.kubeconfig }
  await succeedHelm(['install'], release, {
    crds: { enabled: false },
    watchNamespaces: [namespace, otherNamespace],
    replicaCount: 0,
    ...values,
  })
  const name = `${operatorNamespace}-digicert-operator`
  const kubeconfig = await plane.userKubeconfig({ namespace: operatorNamespace, name })
  const operator = openCluster(kubeconfig)
  await bed.startOperator({ kubeconfig })
  const { ownSecrets = true } = (values['admissionPolicies'] ?? {}) as { ownSecrets?: boolean }
  if (ownSecrets)
    await untilRefused('the policy on Secrets', () =>
      createSecretDry(operator, namespace, { metadata: { name: 'early' } }),
    )
  return {
    ...{ bed, plane, operator },
    roleOf: (suffix) => `${name}-${suffix}`,
    close: async () => {
      await succeedHelm(['uninstall'], release)
      await bed.close()
    },
  }
}

/** Makes a Secret without storing it. */
export const createSecretDry = (cluster: Cluster, namespace: string, secret: object): Promise<unknown> =>
  cluster.send({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/secrets?dryRun=All`,
    body: { apiVersion: 'v1', kind: 'Secret', ...secret },
  })

/** What a call was refused with. */
export const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'was allowed',
    (error: unknown) => (error as Error).message,
  )

/** Waits until a policy refuses a call. */
export const untilRefused = (what: string, call: () => Promise<unknown>): Promise<true> =>
  waitFor(async () => /denied request/.test(await refusal(call())) && (true as const), { what, ...LIMIT })

/** Binds a role to a user in a namespace. */
export const bindUser = (
  { cluster }: Pick<Bed, 'cluster'>,
  user: string,
  [kind, name]: readonly [kind: 'Role' | 'ClusterRole', name: string],
  namespace: string,
): Promise<unknown> =>
  cluster.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `${user}-${name}`.slice(0, 60), namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }],
  })

/** The cluster with the rights of a tenant: those of the chart's roles `edit` and `use-accounts` in one namespace. */
export async function tenantOf({ bed, plane, roleOf }: ChartBed, namespace: string): Promise<Cluster> {
  const name = 'tenant'
  await bed.cluster.apply([
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    ...['edit', 'use-accounts'].map((suffix) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: `${name}-${suffix}`, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleOf(suffix) },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    })),
  ])
  const tenant = openCluster(await plane.userKubeconfig({ namespace, name }))
  const mayList = () =>
    tenant.list({ kind: 'DigiCertOrder', namespace }).then(
      () => true,
      () => false,
    )
  await waitFor(mayList, { what: 'the rights of the tenant', ...LIMIT })
  return tenant
}

/** A ClusterDigiCertAccount of the bed alone; its API key is in the Secret `certcentral` of the operator's namespace. */
export const clusterAccountIn = ({ operatorNamespace, simulator }: Bed, name: string, spec: object = {}) => ({
  apiVersion: 'digicert-operator.io/v1alpha1',
  kind: 'ClusterDigiCertAccount',
  metadata: { name: `${name}-${operatorNamespace}` },
  spec: { url: simulator.url, apiKeySecretRef: { name: 'certcentral' }, ...spec },
})

/** What an order says that is from such an account. */
export const fromCluster = (bed: Bed, name: string) => ({
  accountRef: { kind: 'ClusterDigiCertAccount', name: clusterAccountIn(bed, name).metadata.name },
})
