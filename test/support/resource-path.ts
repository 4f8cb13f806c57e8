import type { Send } from './api-server.ts'

/** What names one object. `apiVersion` may be left out for the kinds that the tests often use. */
export type Reference = {
  readonly apiVersion?: string | undefined
  readonly kind: string
  readonly name: string
  readonly namespace?: string | undefined
}

const OURS = 'digicert-operator.io/v1alpha1'
const API_VERSIONS: Readonly<Record<string, string>> = {
  DigiCertOrder: OURS,
  DigiCertAccount: OURS,
  ClusterDigiCertAccount: OURS,
  Lease: 'coordination.k8s.io/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
}

type Kind = { readonly name: string; readonly kind: string; readonly namespaced: boolean }

/** Finds the path of a collection; asks the API server once for each API group. */
export type Paths = (of: Omit<Reference, 'name'>) => Promise<string>

/** @throws Error for a kind that the API server does not serve. */
export function resourcePaths(send: Send): Paths {
  const known = new Map<string, Promise<Kind[]>>()
  return async ({ apiVersion, kind, namespace }) => {
    const version = apiVersion ?? API_VERSIONS[kind] ?? 'v1'
    const prefix = version.includes('/') ? `/apis/${version}` : `/api/${version}`
    const kinds = known.get(prefix) ?? served(send, prefix)
    known.set(prefix, kinds)
    kinds.catch(() => known.delete(prefix))
    const found = (await kinds).find((candidate) => candidate.kind === kind && !candidate.name.includes('/'))
    if (found === undefined) throw new Error(`the API server serves no ${kind} in ${version}`)
    const scope = found.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''
    return `${prefix}${scope}/${found.name}`
  }
}

const served = async (send: Send, prefix: string): Promise<Kind[]> =>
  ((await send({ method: 'GET', path: prefix })) as { resources: Kind[] }).resources
