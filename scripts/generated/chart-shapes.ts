/** A JSON schema. */
export type Shape = Readonly<Record<string, unknown>>

const text = (more: Shape = {}): Shape => ({ type: 'string', ...more })
const whole = (minimum: number, maximum?: number): Shape => ({
  type: 'integer',
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
})
const oneOf = (...words: readonly string[]): Shape => ({ enum: words })
const list = (items: Shape, more: Shape = {}): Shape => ({ type: 'array', items, ...more })
const closed = (properties: Readonly<Record<string, Shape>>, required: readonly string[] = []): Shape => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length > 0 ? { required } : {}),
})

const texts: Shape = { type: 'object', additionalProperties: { type: 'string' } }
/** An object of Kubernetes, whose fields Kubernetes checks. */
const foreign: Shape = { type: 'object' }
const named: Shape = { type: 'object', required: ['name'], properties: { name: text({ minLength: 1 }) } }
const duration = text({ pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$' })
const scrapeTime = text({ pattern: '^(([0-9]+(ms|s|m|h))+)?$' })
const listItem = text({ pattern: '^[^,\\s]+$' })
/** A host as the operator takes it: no scheme, no path, no wildcard, and perhaps a port. */
const host = text({ pattern: '^(\\[[0-9a-fA-F:.]+\\]|[^\\s:/?#@\\[\\]*,%]+)(:[0-9]{1,5})?$' })
const url = text({ pattern: '^(https?://.+)?$' })
const ports = list(whole(1, 65_535), { uniqueItems: true })
const cidrs = list(text({ pattern: '^[0-9a-fA-F.:]+/[0-9]{1,3}$' }), { uniqueItems: true })
const fewPods: Shape = {
  anyOf: [whole(0), text({ pattern: '^([0-9]+%)?$' })],
}

const account = closed(
  {
    kind: oneOf('DigiCertAccount', 'ClusterDigiCertAccount'),
    name: text({ minLength: 1 }),
    namespace: text(),
    labels: texts,
    annotations: texts,
    spec: foreign,
  },
  ['name', 'spec'],
)

const toleration = closed({
  key: text(),
  operator: oneOf('Exists', 'Equal', 'Gt', 'Lt'),
  value: text(),
  effect: oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
  tolerationSeconds: { type: 'integer' },
})

/**
 * What a value may be where its default does not say it: `''`, `{}` and `[]` are of any kind, a word may be one of few. A
 * map that is listed here is one value.
 */
export const SHAPES: Readonly<Record<string, Shape>> = {
  replicaCount: whole(0),
  'image.repository': text({ minLength: 1 }),
  'image.digest': text({ pattern: '^(sha256:[0-9a-f]{64})?$' }),
  'image.pullPolicy': oneOf('Always', 'IfNotPresent', 'Never'),
  imagePullSecrets: list(closed({ name: text({ minLength: 1 }) }, ['name'])),
  commonLabels: texts,
  commonAnnotations: texts,
  'serviceAccount.annotations': texts,
  'serviceAccount.labels': texts,
  'serviceAccount.tokenExpirationSeconds': whole(600),
  'rbac.labels': texts,
  'flowSchema.matchingPrecedence': whole(1, 10_000),
  watchNamespaces: list(listItem, { uniqueItems: true }),
  allowedHosts: list(host, { minItems: 1, uniqueItems: true }),
  workers: whole(1, 1000),
  pollInterval: duration,
  requestTimeout: duration,
  unknownOutcomeTimeout: duration,
  accounts: list(account),
  'log.level': oneOf('error', 'warn', 'info', 'debug'),
  'log.format': oneOf('json', 'text'),
  'proxy.httpProxy': url,
  'proxy.httpsProxy': url,
  'customCA.key': text({ minLength: 1 }),
  'tracing.endpoint': url,
  'tracing.headersSecret.key': text({ minLength: 1 }),
  'metrics.service.annotations': texts,
  'metrics.service.labels': texts,
  ...Object.fromEntries<Shape>(
    ['metrics.serviceMonitor', 'metrics.podMonitor'].flatMap((monitor): [string, Shape][] => [
      [`${monitor}.interval`, scrapeTime],
      [`${monitor}.scrapeTimeout`, scrapeTime],
      [`${monitor}.labels`, texts],
      [`${monitor}.annotations`, texts],
      [`${monitor}.relabelings`, list(foreign)],
      [`${monitor}.metricRelabelings`, list(foreign)],
    ]),
  ),
  'metrics.prometheusRule.labels': texts,
  'metrics.prometheusRule.annotations': texts,
  'metrics.prometheusRule.additionalRuleLabels': texts,
  'metrics.dashboard.labels': texts,
  'metrics.dashboard.annotations': texts,
  'networkPolicy.apiServer.ports': ports,
  'networkPolicy.apiServer.cidrs': cidrs,
  'networkPolicy.certCentral.ports': ports,
  'networkPolicy.certCentral.cidrs': cidrs,
  'networkPolicy.metricsFrom': list(closed({ podSelector: foreign, namespaceSelector: foreign, ipBlock: foreign })),
  'networkPolicy.extraIngress': list(closed({ from: list(foreign), ports: list(foreign) })),
  'networkPolicy.extraEgress': list(closed({ to: list(foreign), ports: list(foreign) })),
  'podDisruptionBudget.maxUnavailable': fewPods,
  'podDisruptionBudget.minAvailable': fewPods,
  deploymentAnnotations: texts,
  deploymentLabels: texts,
  strategy: closed({ type: oneOf('RollingUpdate', 'Recreate'), rollingUpdate: foreign }, ['type']),
  revisionHistoryLimit: whole(0),
  podAnnotations: texts,
  podLabels: texts,
  podSecurityContext: foreign,
  containerSecurityContext: foreign,
  resources: closed({ requests: foreign, limits: foreign, claims: list(named) }),
  ...Object.fromEntries<Shape>(
    ['livenessProbe', 'readinessProbe'].flatMap((probe): [string, Shape][] => [
      [`${probe}.initialDelaySeconds`, whole(0)],
      ...['periodSeconds', 'timeoutSeconds', 'failureThreshold'].map((name): [string, Shape] => [
        `${probe}.${name}`,
        whole(1),
      ]),
    ]),
  ),
  terminationGracePeriodSeconds: whole(30),
  nodeSelector: texts,
  tolerations: list(toleration),
  podAntiAffinity: oneOf('preferred', 'required', 'none'),
  affinity: closed({ nodeAffinity: foreign, podAffinity: foreign, podAntiAffinity: foreign }),
  topologySpreadConstraints: list({ type: 'object', required: ['maxSkew', 'topologyKey', 'whenUnsatisfiable'] }),
  hostAliases: list(closed({ ip: text({ minLength: 1 }), hostnames: list(text()) }, ['ip'])),
  dnsPolicy: oneOf('', 'Default', 'ClusterFirst', 'ClusterFirstWithHostNet', 'None'),
  dnsConfig: closed({ nameservers: list(text()), searches: list(text()), options: list(named) }),
  extraEnv: list(named),
  extraEnvFrom: list(closed({ prefix: text(), configMapRef: named, secretRef: named })),
  extraArgs: list(text({ pattern: '^--' })),
  extraVolumes: list(named),
  extraVolumeMounts: list({ ...named, required: ['name', 'mountPath'] }),
  extraContainers: list(named),
  extraObjects: list({ type: ['object', 'string'] }),
}
