import { type Bed, type BedOptions, startBed } from './bad-days.ts'
import { type Values, succeedHelm } from './chart.ts'
import { type Cluster, openCluster } from './cluster.ts'
import { type ControlPlane, openControlPlane } from './control-plane.ts'
import { waitFor } from './wait-for.ts'

/** Tokens of service accounts need a control plane that is known: without one, tests of rights are left out. */
export const hasTokens = (): boolean => process.env['TEST_CONTROL_PLANE'] !== undefined

/** A bed whose operator has the rights, and stands behind the policies, that the chart gives it. */
export type ChartBed = Bed & {
  /** The cluster with the rights of a person who may edit orders, accounts and nothing else in a namespace. */
  readonly tenantOf: (namespace: string) => Promise<Cluster>
}

const RBAC = 'rbac.authorization.k8s.io'

const tenantIn = (namespace: string, release: string) => {
  const subject = { kind: 'ServiceAccount', name: 'tenant', namespace }
  const bound = (role: string) => ({
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: { name: `tenant-${role}`, namespace },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: `${release}-digicert-operator-${role}` },
    subjects: [subject],
  })
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'tenant', namespace } },
    ...['edit', 'view', 'use-accounts'].map(bound),
  ]
}

/** Installs the chart without a pod and starts the operator as its service account; a test file has one. */
export async function startChartBed(options: BedOptions = {}, values: Values = {}): Promise<ChartBed> {
  const plane = openControlPlane(process.env['TEST_CONTROL_PLANE'] ?? '')
  if (!plane) throw new Error('rights need a control plane that hands out tokens')
  const bed = await startBed({ ...options, operator: 'none' })
  const { namespace, otherNamespace, operatorNamespace } = bed
  const release = { name: operatorNamespace, namespace: operatorNamespace, kubeconfig: plane.kubeconfig }
  await succeedHelm(['install'], release, {
    crds: { enabled: false },
    watchNamespaces: [namespace, otherNamespace],
    replicaCount: 0,
    ...values,
  })
  const name = `${operatorNamespace}-digicert-operator`
  await bed.startOperator({ kubeconfig: await plane.userKubeconfig({ namespace: operatorNamespace, name }) })
  return {
    ...bed,
    get operator() {
      return bed.operator
    },
    tenantOf: (of) => tenantOf(bed, plane, of),
    close: async () => {
      await succeedHelm(['uninstall'], release)
      await bed.close()
    },
  }
}

const tenantOf = async (bed: Bed, plane: ControlPlane, namespace: string): Promise<Cluster> => {
  await bed.cluster.apply(tenantIn(namespace, bed.operatorNamespace))
  const tenant = openCluster(await plane.userKubeconfig({ namespace, name: 'tenant' }))
  // The authorizer learns of a binding a moment after it is written.
  await waitFor(
    () =>
      tenant.list({ kind: 'DigiCertOrder', namespace }).then(
        () => true,
        () => false,
      ),
    {
      what: 'the rights of the tenant',
      limitMs: 20_000,
    },
  )
  return tenant
}
