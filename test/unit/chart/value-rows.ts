import { expect } from '@jest/globals'
import { type Made, type Values, valuesOf } from '../../support/chart.ts'

/** Where something stands: the kind of an object, the end of its name where there are several, and the way in. */
type Place = readonly [object: string, ...path: (string | number)[]]

/**
 * What a value does: set like this, beside the others of its set, that stands there; without it, it does not.
 * `undefined` is nothing.
 */
export type Row = readonly [value: string, set: unknown, place: Place, stands: unknown]

/** Rows that are rendered together. */
export type RowSet = { readonly name: string; readonly beside?: Values; readonly rows: readonly Row[] }

/** The values of a set. */
export const valuesIn = ({ rows, beside = {} }: RowSet): Values =>
  valuesOf({ ...beside, ...Object.fromEntries(rows.map(([value, set]) => [value, set])) })

/** What stands at a place among objects. */
export const standing = (objects: readonly Made[], [object, ...path]: Place): unknown => {
  const [kind, suffix = ''] = object.split('/')
  const found = objects.find((made) => made.kind === kind && made.metadata.name.endsWith(suffix))
  return path.reduce<unknown>((at, name) => (at as Record<string | number, unknown> | undefined)?.[name], found)
}

const POD = ['Deployment', 'spec', 'template', 'spec'] as const
const CONTAINER = [...POD, 'containers', 0] as const
const ARGS: Place = [...CONTAINER, 'args']
const ENV: Place = [...CONTAINER, 'env']
const holding = (...items: unknown[]) => expect.arrayContaining(items)

const env = (name: string, value: string) => holding({ name, value })
const labels = (object: string): Place => [object, 'metadata', 'labels', 'team']
const notes = (object: string): Place => [object, 'metadata', 'annotations', 'note']
const TEAM = { team: 'web' }
const NOTE = { note: 'mind' }

const probe = (name: string): Row[] => [
  [`${name}.initialDelaySeconds`, 41, [...CONTAINER, name, 'initialDelaySeconds'], 41],
  [`${name}.periodSeconds`, 42, [...CONTAINER, name, 'periodSeconds'], 42],
  [`${name}.timeoutSeconds`, 43, [...CONTAINER, name, 'timeoutSeconds'], 43],
  [`${name}.failureThreshold`, 44, [...CONTAINER, name, 'failureThreshold'], 44],
]

const monitor = (value: string, kind: string, endpoints: string): Row[] => {
  const endpoint = [kind, 'spec', endpoints, 0] as const
  const relabelings = [{ action: 'labeldrop', regex: 'pod' }]
  return [
    [`${value}.enabled`, true, [...endpoint, 'port'], 'metrics'],
    [`${value}.interval`, '45s', [...endpoint, 'interval'], '45s'],
    [`${value}.scrapeTimeout`, '9s', [...endpoint, 'scrapeTimeout'], '9s'],
    [`${value}.labels`, TEAM, labels(kind), 'web'],
    [`${value}.annotations`, NOTE, notes(kind), 'mind'],
    [`${value}.relabelings`, relabelings, [...endpoint, 'relabelings'], relabelings],
    [`${value}.metricRelabelings`, relabelings, [...endpoint, 'metricRelabelings'], relabelings],
  ]
}

const ACCOUNT = {
  kind: 'ClusterDigiCertAccount',
  name: 'shared',
  labels: TEAM,
  annotations: NOTE,
  spec: { apiKeySecretRef: { name: 'shared' } },
}

const PEER = { namespaceSelector: { matchLabels: { name: 'monitoring' } } }
const VOLUME = { name: 'more', emptyDir: {} }
const MOUNT = { name: 'more', mountPath: '/more' }
const SIDECAR = { name: 'sidecar', image: 'sidecar:1' }
const SPREAD = { maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' }
const TOLERATION = { key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }
const NEAR = {
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'rack', labelSelector: { matchLabels: TEAM } }],
  },
}
const ALIAS = { ip: '192.0.2.1', hostnames: ['proxy.example.com'] }
const DIGEST = `sha256:${'0'.repeat(64)}`
const ports = (...numbers: number[]) => numbers.map((port) => ({ protocol: 'TCP', port }))
const EGRESS = ['NetworkPolicy', 'spec', 'egress'] as const
const INGRESS = ['NetworkPolicy', 'spec', 'ingress'] as const

const MUCH: readonly Row[] = [
  ['replicaCount', 3, ['Deployment', 'spec', 'replicas'], 3],
  ['image.repository', 'registry.example.com/op', [...CONTAINER, 'image'], 'registry.example.com/op:v9'],
  ['image.tag', 'v9', [...CONTAINER, 'image'], 'registry.example.com/op:v9'],
  ['image.pullPolicy', 'Always', [...CONTAINER, 'imagePullPolicy'], 'Always'],
  ['imagePullSecrets', [{ name: 'pull' }], [...POD, 'imagePullSecrets'], [{ name: 'pull' }]],
  ['commonLabels', { owner: 'platform' }, ['ServiceAccount', 'metadata', 'labels', 'owner'], 'platform'],
  ['commonAnnotations', { seen: 'yes' }, ['ServiceAccount', 'metadata', 'annotations', 'seen'], 'yes'],
  ['serviceAccount.name', 'worker', [...POD, 'serviceAccountName'], 'worker'],
  ['serviceAccount.annotations', NOTE, notes('ServiceAccount'), 'mind'],
  ['serviceAccount.labels', TEAM, labels('ServiceAccount'), 'web'],
  [
    'serviceAccount.tokenExpirationSeconds',
    900,
    [...POD, 'volumes', 0, 'projected', 'sources', 0],
    { serviceAccountToken: { path: 'token', expirationSeconds: 900 } },
  ],
  ['rbac.labels', TEAM, labels('ClusterRoleBinding'), 'web'],
  ['flowSchema.matchingPrecedence', 77, ['FlowSchema', 'spec', 'matchingPrecedence'], 77],
  ['allowedHosts', ['localhost', 'b.example.com'], ARGS, holding('--allowed-hosts=localhost,b.example.com')],
  ['allowHttp', true, ARGS, holding('--allow-http=true')],
  ['workers', 3, ARGS, holding('--workers=3')],
  ['pollInterval', '90s', ARGS, holding('--poll-interval=90s')],
  ['requestTimeout', '5s', ARGS, holding('--request-timeout=5s')],
  ['unknownOutcomeTimeout', '1h', ARGS, holding('--unknown-outcome-timeout=1h')],
  ['accounts', [ACCOUNT], ['ClusterDigiCertAccount', 'spec'], ACCOUNT.spec],
  ['log.level', 'debug', ARGS, holding('--log-level=debug')],
  ['log.format', 'text', ARGS, holding('--log-format=text')],
  ['proxy.httpProxy', 'http://a.example.com', ENV, env('HTTP_PROXY', 'http://a.example.com')],
  ['proxy.httpsProxy', 'http://b.example.com:3128', ENV, env('HTTPS_PROXY', 'http://b.example.com:3128')],
  ['proxy.noProxy', '.svc,10.0.0.0/8', ENV, env('NO_PROXY', '.svc,10.0.0.0/8')],
  ['customCA.configMapName', 'roots', [...POD, 'volumes', 1], { name: 'custom-ca', configMap: { name: 'roots' } }],
  ['customCA.key', 'ours.pem', ENV, env('NODE_EXTRA_CA_CERTS', '/etc/digicert-operator/ca/ours.pem')],
  [
    'tracing.endpoint',
    'https://otel.example.com:4318',
    ENV,
    env('OTEL_EXPORTER_OTLP_ENDPOINT', 'https://otel.example.com:4318'),
  ],
  [
    'tracing.headersSecret.name',
    'otel',
    ENV,
    holding({ name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: { secretKeyRef: { name: 'otel', key: 'all' } } }),
  ],
  [
    'tracing.headersSecret.key',
    'all',
    ENV,
    holding({ name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: { secretKeyRef: { name: 'otel', key: 'all' } } }),
  ],
  ['metrics.service.annotations', NOTE, notes('Service'), 'mind'],
  ['metrics.service.labels', TEAM, labels('Service'), 'web'],
  ...monitor('metrics.serviceMonitor', 'ServiceMonitor', 'endpoints'),
  ...monitor('metrics.podMonitor', 'PodMonitor', 'podMetricsEndpoints'),
  ['metrics.prometheusRule.enabled', true, ['PrometheusRule', 'spec', 'groups', 0, 'name'], expect.any(String)],
  [
    'metrics.prometheusRule.runbookPage',
    'https://wiki.example.com/metrics',
    ['PrometheusRule', 'spec', 'groups', 0, 'rules', 0, 'annotations', 'runbook_url'],
    expect.stringMatching(/^https:\/\/wiki\.example\.com\/metrics#[a-z]+$/),
  ],
  ['metrics.prometheusRule.labels', TEAM, labels('PrometheusRule'), 'web'],
  ['metrics.prometheusRule.annotations', NOTE, notes('PrometheusRule'), 'mind'],
  [
    'metrics.prometheusRule.additionalRuleLabels',
    TEAM,
    ['PrometheusRule', 'spec', 'groups', 0, 'rules'],
    holding(expect.objectContaining({ labels: expect.objectContaining(TEAM) as unknown })),
  ],
  ['metrics.dashboard.enabled', true, ['ConfigMap/-dashboard', 'metadata', 'labels', 'grafana_dashboard'], '1'],
  ['metrics.dashboard.labels', TEAM, labels('ConfigMap/-dashboard'), 'web'],
  ['metrics.dashboard.annotations', NOTE, notes('ConfigMap/-dashboard'), 'mind'],
  ['networkPolicy.limitEgress', true, ['NetworkPolicy', 'spec', 'policyTypes'], ['Ingress', 'Egress']],
  ['networkPolicy.apiServer.ports', [7443], [...EGRESS, 1, 'ports'], ports(7443)],
  ['networkPolicy.apiServer.cidrs', ['10.0.0.1/32'], [...EGRESS, 1, 'to'], [{ ipBlock: { cidr: '10.0.0.1/32' } }]],
  ['networkPolicy.certCentral.ports', [8443], [...EGRESS, 2, 'ports'], ports(8443)],
  [
    'networkPolicy.certCentral.cidrs',
    ['2001:db8::/32'],
    [...EGRESS, 2, 'to'],
    [{ ipBlock: { cidr: '2001:db8::/32' } }],
  ],
  ['networkPolicy.metricsFrom', [PEER], [...INGRESS, 0, 'from'], [PEER]],
  ['networkPolicy.extraIngress', [{ from: [PEER] }], [...INGRESS, 2], { from: [PEER] }],
  ['networkPolicy.extraEgress', [{ ports: ports(25) }], EGRESS, holding({ ports: ports(25) })],
  ['podDisruptionBudget.maxUnavailable', '25%', ['PodDisruptionBudget', 'spec', 'maxUnavailable'], '25%'],
  ['deploymentAnnotations', NOTE, notes('Deployment'), 'mind'],
  ['deploymentLabels', TEAM, labels('Deployment'), 'web'],
  [
    'strategy',
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    ['Deployment', 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable'],
    1,
  ],
  ['revisionHistoryLimit', 7, ['Deployment', 'spec', 'revisionHistoryLimit'], 7],
  ['podAnnotations', NOTE, ['Deployment', 'spec', 'template', 'metadata', 'annotations', 'note'], 'mind'],
  ['podLabels', TEAM, ['Deployment', 'spec', 'template', 'metadata', 'labels', 'team'], 'web'],
  ['podSecurityContext', { runAsUser: 1234 }, [...POD, 'securityContext', 'runAsUser'], 1234],
  ['containerSecurityContext', { privileged: false }, [...CONTAINER, 'securityContext', 'privileged'], false],
  ['resources', { limits: { memory: '1Gi' } }, [...CONTAINER, 'resources', 'limits', 'memory'], '1Gi'],
  ...probe('livenessProbe'),
  ...probe('readinessProbe'),
  ['terminationGracePeriodSeconds', 90, [...POD, 'terminationGracePeriodSeconds'], 90],
  ['priorityClassName', 'high', [...POD, 'priorityClassName'], 'high'],
  ['runtimeClassName', 'gvisor', [...POD, 'runtimeClassName'], 'gvisor'],
  ['nodeSelector', { disk: 'fast' }, [...POD, 'nodeSelector'], { disk: 'fast' }],
  ['tolerations', [TOLERATION], [...POD, 'tolerations'], [TOLERATION]],
  [
    'podAntiAffinity',
    'required',
    [...POD, 'affinity', 'podAntiAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 0, 'topologyKey'],
    'kubernetes.io/hostname',
  ],
  [
    'topologySpreadConstraints',
    [SPREAD],
    [...POD, 'topologySpreadConstraints'],
    [expect.objectContaining({ ...SPREAD, labelSelector: expect.anything() as unknown })],
  ],
  ['hostAliases', [ALIAS], [...POD, 'hostAliases'], [ALIAS]],
  ['dnsPolicy', 'Default', [...POD, 'dnsPolicy'], 'Default'],
  ['dnsConfig', { nameservers: ['192.0.2.53'] }, [...POD, 'dnsConfig'], { nameservers: ['192.0.2.53'] }],
  ['enableServiceLinks', true, [...POD, 'enableServiceLinks'], true],
  ['extraEnv', [{ name: 'TZ', value: 'UTC' }], ENV, env('TZ', 'UTC')],
  ['extraEnvFrom', [{ secretRef: { name: 'more' } }], [...CONTAINER, 'envFrom'], [{ secretRef: { name: 'more' } }]],
  ['extraArgs', ['--workers=5'], ARGS, holding('--workers=5')],
  ['extraVolumes', [VOLUME], [...POD, 'volumes'], holding(VOLUME)],
  ['extraVolumeMounts', [MOUNT], [...CONTAINER, 'volumeMounts'], holding(MOUNT)],
  ['extraContainers', [SIDECAR], [...POD, 'containers', 1], SIDECAR],
  [
    'extraObjects',
    [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extra' }, data: { of: '{{ .Release.Name }}' } },
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: text-{{ .Release.Namespace }}\n',
    ],
    ['ConfigMap/extra', 'data', 'of'],
    'digicert-operator',
  ],
]

const HOME = ['Role/-dco', 'metadata', 'namespace'] as const

/** Every value of the chart, in sets that go together. */
export const ROW_SETS: readonly RowSet[] = [
  { name: 'much', rows: MUCH },
  {
    name: 'roles only',
    rows: [
      ['watchNamespaces', ['shop', 'blog'], HOME, 'shop'],
      ['clusterId', 'prod-1', ARGS, holding('--cluster-id=prod-1')],
      ['clusterAccounts', false, ['ClusterRoleBinding', 'kind'], undefined],
      ['secretWatch', false, ARGS, holding('--secret-watch=false')],
      ['rbac.aggregate', false, ['ClusterRole/-view', 'kind'], undefined],
      ['customCA.secretName', 'roots', [...POD, 'volumes', 1], { name: 'custom-ca', secret: { secretName: 'roots' } }],
      ['podDisruptionBudget.minAvailable', 1, ['PodDisruptionBudget', 'spec', 'minAvailable'], 1],
      ['image.digest', DIGEST, [...CONTAINER, 'image'], `digicert-operator@${DIGEST}`],
      ['nameOverride', 'dco', ['Service/-metrics', 'spec', 'selector', 'app.kubernetes.io/name'], 'dco'],
      ['affinity', NEAR, [...POD, 'affinity'], NEAR],
    ],
  },
  {
    name: 'little',
    rows: [
      ['fullnameOverride', 'op', ['Deployment', 'metadata', 'name'], 'op'],
      ['crds.enabled', false, ['CustomResourceDefinition', 'kind'], undefined],
      ['serviceAccount.create', false, [...POD, 'serviceAccountName'], 'default'],
      ['rbac.create', false, ['Role', 'kind'], undefined],
      ['admissionPolicies.ownSecrets', false, ['ValidatingAdmissionPolicy/.own-secrets', 'kind'], undefined],
      ['admissionPolicies.ownFinalizers', false, ['ValidatingAdmissionPolicy/.own-finalizers', 'kind'], undefined],
      [
        'admissionPolicies.useClusterAccounts',
        false,
        ['ValidatingAdmissionPolicy/.use-cluster-accounts', 'kind'],
        undefined,
      ],
      ['flowSchema.enabled', false, ['FlowSchema', 'kind'], undefined],
      ['networkPolicy.enabled', false, ['NetworkPolicy', 'kind'], undefined],
      ['metrics.service.enabled', false, ['Service', 'kind'], undefined],
      ['podDisruptionBudget.enabled', false, ['PodDisruptionBudget', 'kind'], undefined],
    ],
  },
  {
    name: 'one pod',
    beside: { replicaCount: 1 },
    rows: [
      ['leaderElect', false, ['Deployment', 'spec', 'strategy'], { type: 'Recreate' }],
      ['crds.keep', false, ['CustomResourceDefinition', 'metadata', 'annotations'], undefined],
    ],
  },
]
