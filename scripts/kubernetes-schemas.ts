/**
 * Writes test/fixtures/kubernetes: what each of some versions of Kubernetes, and the Prometheus Operator, says of the kinds
 * that the chart makes, as JSON schemas without descriptions. Run by hand for another version; needs Go, by whose modules
 * and checksums it comes.
 *
 *   node scripts/kubernetes-schemas.ts
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'yaml'

/** The oldest that the chart says it takes, one between, and the newest. */
const KUBERNETES = ['v1.30.14', 'v1.34.2', 'v1.37.2']
const PROMETHEUS_OPERATOR = 'v0.85.0'

const KINDS = [
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding',
  'apps/v1/Deployment',
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema',
  'networking.k8s.io/v1/NetworkPolicy',
  'policy/v1/PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1/ClusterRole',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1/Role',
  'rbac.authorization.k8s.io/v1/RoleBinding',
  'v1/ConfigMap',
  'v1/Secret',
  'v1/Service',
  'v1/ServiceAccount',
  'apiextensions.k8s.io/v1/CustomResourceDefinition',
]
const MONITORING = ['servicemonitors', 'podmonitors', 'prometheusrules']

type Schema = { [key: string]: unknown }
type GroupVersionKind = { group: string; version: string; kind: string }

const moduleAt = (name: string, version: string): string => {
  const said = execFileSync('go', ['mod', 'download', '-json', `${name}@${version}`], {
    cwd: tmpdir(),
    encoding: 'utf8',
  })
  return (JSON.parse(said) as { Dir: string }).Dir
}

const UNUSED = new Set(['description', 'format', 'default'])

/** Without what is for readers, and closed: a field that is not named is a mistake. */
const lean = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(lean)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).filter(([key]) => !key.startsWith('x-') && !UNUSED.has(key))
  return Object.fromEntries(entries.map(([key, value]) => [key, key === 'properties' ? fields(value) : lean(value)]))
}

const fields = (properties: unknown): Schema =>
  Object.fromEntries(Object.entries(properties as Schema).map(([name, schema]) => [name, lean(schema)]))

const closed = (schema: Schema): Schema =>
  'properties' in schema && !('additionalProperties' in schema) ? { ...schema, additionalProperties: false } : schema

const referred = (schema: unknown): string[] =>
  [...JSON.stringify(schema).matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name!)

const nameOf = ({ group, version, kind }: GroupVersionKind): string =>
  [group, version, kind].filter((part) => part !== '').join('/')

const ofKubernetes = (version: string): Schema => {
  const file = path.join(moduleAt('k8s.io/kubernetes', version), 'api/openapi-spec/swagger.json')
  const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as { definitions: Record<string, Schema> }
  const kinds: Record<string, string> = {}
  for (const [name, schema] of Object.entries(definitions)) {
    for (const id of (schema['x-kubernetes-group-version-kind'] as GroupVersionKind[] | undefined) ?? [])
      if (KINDS.includes(nameOf(id))) kinds[nameOf(id)] = name
  }
  const kept: Schema = {}
  const keep = (name: string): void => {
    if (name in kept) return
    kept[name] = closed(lean(definitions[name]) as Schema)
    referred(kept[name]).forEach(keep)
  }
  Object.values(kinds).sort().forEach(keep)
  // Written as a number or a text, which the schema calls a text.
  for (const name of [
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    'io.k8s.apimachinery.pkg.api.resource.Quantity',
  ])
    if (name in kept) kept[name] = { type: ['string', 'integer', 'number'] }
  return { kinds, definitions: kept }
}

const ofPrometheusOperator = (): Schema => {
  const root = moduleAt('github.com/prometheus-operator/prometheus-operator', PROMETHEUS_OPERATOR)
  const read = (plural: string): string =>
    readFileSync(path.join(root, `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`), 'utf8')
  const crds = MONITORING.map((plural) => parse(read(plural)) as { spec: Schema; metadata: { name: string } })
  return { crds: crds.map(({ metadata, spec }) => ({ metadata: { name: metadata.name }, spec: undescribed(spec) })) }
}

/** A CRD as it is, without descriptions. */
const undescribed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(undescribed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key, said]) => key !== 'description' || typeof said !== 'string')
  return Object.fromEntries(entries.map(([key, part]) => [key, undescribed(part)]))
}

const target = path.resolve(import.meta.dirname, '..', 'test/fixtures/kubernetes')
const write = (name: string, from: string, content: Schema): void =>
  writeFileSync(path.join(target, `${name}.json`), `${JSON.stringify({ from, ...content })}\n`)

mkdirSync(target, { recursive: true })
for (const version of KUBERNETES) write(version, `k8s.io/kubernetes@${version}`, ofKubernetes(version))
write('monitoring', `github.com/prometheus-operator/prometheus-operator@${PROMETHEUS_OPERATOR}`, ofPrometheusOperator())
