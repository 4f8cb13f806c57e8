import { describe, expect, test } from '@jest/globals'
import { standing } from './value-rows.ts'
import { RELEASE, helm, refusalOf, rendered, valuesOf, prepareHelm } from '../../support/chart.ts'

prepareHelm()

type Refused = readonly [what: string, values: Readonly<Record<string, unknown>>, says: RegExp]

const PODS = { 'app.kubernetes.io/name': 'digicert-operator', 'app.kubernetes.io/instance': 'digicert-operator' }
const ROLES_ONLY = { clusterAccounts: false, watchNamespaces: ['shop'], clusterId: 'prod-1' }

const REFUSED: readonly Refused[] = [
  ['a value that is none', { replicas: 2 }, /additional properties 'replicas' not allowed/],
  [
    'a value that is none, in a group',
    { 'metrics.serviceMonitor.enable': true },
    /serviceMonitor.*'enable' not allowed/,
  ],
  ['a number as a text', { workers: '16' }, /at '\/workers': got string, want integer/],
  ['no workers', { workers: 0 }, /at '\/workers': minimum: got 0, want 1/],
  ['a time without a unit', { pollInterval: '60' }, /at '\/pollInterval': '60' does not match pattern/],
  ['a word of another list', { 'log.level': 'trace' }, /at '\/log\/level': value must be one of 'error', 'warn'/],
  ['a digest that is none', { 'image.digest': 'sha256:1' }, /at '\/image\/digest'/],
  ['no allowed host', { allowedHosts: [] }, /at '\/allowedHosts': minItems: got 0, want 1/],
  [
    'an allowed host with a scheme',
    { allowedHosts: ['https://www.digicert.com'] },
    /at '\/allowedHosts\/0'.*does not match pattern/,
  ],
  ['a label that is a number', { podLabels: { tier: 1 } }, /at '\/podLabels\/tier': got number, want string/],
  ['an API key in an account', { accounts: [{ name: 'a', apiKey: 'x', spec: {} }] }, /'apiKey' not allowed/],
  ['an account without a spec', { accounts: [{ name: 'a' }] }, /at '\/accounts\/0': missing property 'spec'/],
  [
    'a namespace of a cluster account',
    { accounts: [{ kind: 'ClusterDigiCertAccount', name: 'a', namespace: 'shop', spec: {} }] },
    /the ClusterDigiCertAccount a has no namespace/,
  ],
  ['an address without its mask', { 'networkPolicy.apiServer.cidrs': ['10.0.0.1'] }, /at '\/networkPolicy\/apiServer/],
  ['a proxy that is no URL', { 'proxy.httpsProxy': 'proxy:3128' }, /at '\/proxy\/httpsProxy'/],
  ['two replicas without a leader', { leaderElect: false }, /leaderElect=false needs replicaCount=1/],
  ['Roles only without namespaces', { clusterAccounts: false }, /so needs watchNamespaces, and a clusterId/],
  [
    'Roles only without an id',
    { clusterAccounts: false, watchNamespaces: ['shop'] },
    /so needs watchNamespaces, and a clusterId/,
  ],
  [
    'two sources of CAs',
    { 'customCA.configMapName': 'a', 'customCA.secretName': 'b' },
    /customCA takes a configMapName or a secretName, not both/,
  ],
  [
    'a ServiceMonitor without a Service',
    { 'metrics.serviceMonitor.enabled': true, 'metrics.service.enabled': false },
    /metrics.serviceMonitor needs metrics.service/,
  ],
]

describe('the chart refuses', () => {
  test.each(REFUSED)('%s', async (_what, values, says) => {
    expect(await refusalOf(valuesOf(values))).toMatch(says)
  })
})

test('helm lint finds nothing to complain of', async () => {
  const { code, stdout } = await helm(['lint', '--strict'], RELEASE)
  expect([code, stdout]).toEqual([0, expect.stringContaining('0 chart(s) failed')])
})

const notesOf = async (values: Readonly<Record<string, unknown>>): Promise<string> => {
  const { stdout } = await helm(['install', '--dry-run=client'], RELEASE, valuesOf(values))
  return stdout.slice(stdout.indexOf('NOTES:'))
}

const SAFE = { 'image.repository': 'registry.example.com/digicert-operator', clusterId: 'prod-1' }

const WARNINGS: readonly Refused[] = [
  ['keys that travel unencrypted', { allowHttp: true }, /Warning: allowHttp is on/],
  ['an image of no registry', { 'image.repository': 'digicert-operator' }, /Warning: image.repository is digicert-op/],
  ['ids that die with the cluster', { clusterId: '' }, /Warning: clusterId is empty: the ids of orders are made/],
  ['no replica', { replicaCount: 0 }, /Warning: replicaCount is 0: nothing is issued/],
  ['one replica', { replicaCount: 1 }, /Warning: replicaCount is 1: while its node is drained/],
  ['no CRDs', { 'crds.enabled': false }, /Warning: crds.enabled is off/],
  ['CRDs that go with the release', { 'crds.keep': false }, /Warning: crds.keep is off: an uninstall deletes every/],
  ['Secrets of others', { 'admissionPolicies.ownSecrets': false }, /Warning: admissionPolicies.ownSecrets is off/],
  ['orders that are changed', { 'admissionPolicies.ownFinalizers': false }, /Warning: admissionPolicies.ownFinalizers/],
  ['spending', { 'admissionPolicies.useClusterAccounts': false }, /Warning: admissionPolicies.useClusterAccounts is/],
  [
    'addresses that limit nothing',
    { 'networkPolicy.certCentral.cidrs': ['192.0.2.0/24'] },
    /Warning: networkPolicy.limit/,
  ],
  [
    'figures that count twice',
    { 'metrics.serviceMonitor.enabled': true, 'metrics.podMonitor.enabled': true },
    /Warning: .* scraped twice/,
  ],
]

describe('the notes', () => {
  test.each(WARNINGS)('warn of %s', async (_what, values, says) => {
    expect(await notesOf({ ...SAFE, ...values })).toMatch(says)
  })

  test('say the next step, and warn of nothing where there is nothing', async () => {
    const notes = await notesOf(SAFE)
    expect(notes).toContain('kubectl create secret generic certcentral')
    expect(notes).not.toContain('Warning')
  })

  test('do not tell to make an account where the values make one', async () => {
    const notes = await notesOf({ ...SAFE, accounts: [{ name: 'a', spec: {} }] })
    expect(notes).toContain('See whether CertCentral takes the keys of the accounts')
    expect(notes).not.toContain('create secret')
  })
})

describe('a chart with', () => {
  test('Roles only, and nothing for the cluster, makes no object outside of namespaces', async () => {
    const values = {
      ...ROLES_ONLY,
      'crds.enabled': false,
      'rbac.aggregate': false,
      'flowSchema.enabled': false,
      'admissionPolicies.ownSecrets': false,
      'admissionPolicies.ownFinalizers': false,
    }
    const made = await rendered(valuesOf(values))
    expect(made.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind)).toEqual([])
  })

  test.each(['commonLabels', 'commonAnnotations'] as const)('%s has them on every object', async (value) => {
    const all = {
      accounts: [{ name: 'a', spec: {} }],
      'metrics.serviceMonitor.enabled': true,
      'metrics.podMonitor.enabled': true,
      'metrics.prometheusRule.enabled': true,
      'metrics.dashboard.enabled': true,
      watchNamespaces: ['shop'],
    }
    const made = await rendered(valuesOf({ ...all, [value]: { owner: 'platform', 'app.kubernetes.io/name': 'x' } }))
    const where = value === 'commonLabels' ? 'labels' : 'annotations'
    const without = made.filter(({ metadata }) => metadata[where]?.['owner'] !== 'platform')
    expect(without.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([])
    expect(new Set(made.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/name']))).toEqual(
      new Set(['digicert-operator']),
    )
  })

  test('the same release name in another namespace has other names for its policies and its FlowSchema', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (namespace) => {
        const made = await rendered({}, { name: 'digicert-operator', namespace })
        const unique = made.filter(({ kind }) => /^(FlowSchema|ValidatingAdmission)/.test(kind))
        return unique.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      }),
    )
    expect(one).toHaveLength(7)
    expect(one!.filter((name) => two!.includes(name))).toEqual([])
  })

  test('proxies and traces lets them out through its NetworkPolicy, on the port that their URL says or means', async () => {
    const values = {
      'networkPolicy.limitEgress': true,
      'networkPolicy.certCentral.ports': [],
      'proxy.httpsProxy': 'http://user:word@proxy.example.com:3128/',
      'proxy.httpProxy': 'http://proxy.example.com',
      'tracing.endpoint': 'https://otel.example.com/v1',
    }
    const policy = (await rendered(valuesOf(values))).find(({ kind }) => kind === 'NetworkPolicy')!
    const { egress } = policy['spec'] as { egress: { ports: { port: number }[] }[] }
    expect(egress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([
      [53, 53],
      [443, 6443],
      [80],
      [3128],
      [443],
    ])
  })

  test('its defaults is reached at metrics and probes only, metrics by any pod, and reaches all', async () => {
    const policy = (await rendered()).find(({ kind }) => kind === 'NetworkPolicy')!
    expect(policy['spec']).toMatchObject({ policyTypes: ['Ingress'], podSelector: { matchLabels: PODS } })
    expect(policy['spec']).not.toHaveProperty('egress')
    expect((policy['spec'] as { ingress: object[] }).ingress).toEqual([
      { ports: [{ protocol: 'TCP', port: 'metrics' }] },
      { ports: [{ protocol: 'TCP', port: 'health' }] },
    ])
  })

  test('readers of metrics named is closed to others at metrics, and open to kubelets at probes', async () => {
    const prometheus = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }
    const made = await rendered(valuesOf({ 'networkPolicy.metricsFrom': [prometheus] }))
    const policy = made.find(({ kind }) => kind === 'NetworkPolicy')!
    expect((policy['spec'] as { ingress: object[] }).ingress).toEqual([
      { ports: [{ protocol: 'TCP', port: 'metrics' }], from: [prometheus] },
      { ports: [{ protocol: 'TCP', port: 'health' }] },
    ])
  })

  test('its defaults gives the status of an order or account to nobody but the operator', async () => {
    type Rule = { resources: string[] }
    const made = await rendered()
    const withStatus = made.filter(({ rules }) =>
      ((rules ?? []) as Rule[]).some(({ resources }) => resources.some((name) => /\/status$|^\*$/.test(name))),
    )
    expect(withStatus.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ClusterRole digicert-operator',
    ])
    const binding = made.find(({ kind }) => kind === 'ClusterRoleBinding')
    expect(binding).toMatchObject({ subjects: [{ kind: 'ServiceAccount', name: 'digicert-operator' }] })
    expect(made.filter(({ kind }) => kind === 'ClusterRoleBinding')).toHaveLength(1)
  })

  test('a labelSelector of its own in a spread constraint keeps it as it is', async () => {
    const own = {
      maxSkew: 1,
      topologyKey: 'rack',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { a: 'b' } },
    }
    const made = await rendered({ topologySpreadConstraints: [own] })
    const place = ['Deployment', 'spec', 'template', 'spec', 'topologySpreadConstraints'] as const
    expect(standing(made, place)).toEqual([own])
  })

  test('values taken away leaves them to Kubernetes', async () => {
    const gone = { livenessProbe: null, readinessProbe: null, strategy: null, 'podDisruptionBudget.minAvailable': null }
    const made = await rendered(valuesOf(gone))
    const container = standing(made, ['Deployment', 'spec', 'template', 'spec', 'containers', 0])
    expect(container).toMatchObject({ livenessProbe: { httpGet: { path: '/livez', port: 'health' } } })
    expect(standing(made, ['Deployment', 'spec', 'strategy'])).toBeUndefined()
    expect(standing(made, ['PodDisruptionBudget', 'spec', 'maxUnavailable'])).toBe(1)
  })

  test.each([
    ['metrics.serviceMonitor.enabled', 'ServiceMonitor', 'endpoints'],
    ['metrics.podMonitor.enabled', 'PodMonitor', 'podMetricsEndpoints'],
  ])('%s leaves a figure the namespace of its order', async (value, kind, endpoints) => {
    const made = await rendered(valuesOf({ [value]: true }))
    expect(standing(made, [kind, 'spec', endpoints, 0])).toMatchObject({ port: 'metrics', honorLabels: true })
  })

  test('a PrometheusRule has the alert for when nothing answers', async () => {
    const values = { 'metrics.prometheusRule.enabled': true }
    const rule = (await rendered(valuesOf(values))).find(({ kind }) => kind === 'PrometheusRule')!
    const { groups } = rule['spec'] as { groups: { rules: { alert?: string; expr: string }[] }[] }
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))
    expect(alerts).toContain('DigiCertOperatorDown')
  })
})
