import { Command, InvalidArgumentError, Option } from 'commander'
import { LOG_LEVELS, type LogFormat, type LogLevel } from './telemetry/log.ts'

/** The settings of `run`. Times in milliseconds. */
export type Config = {
  /** Whether this process runs in a pod; then its namespace exists. */
  inPod: boolean
  kubeconfig: string | undefined
  watchNamespaces: readonly string[]
  operatorNamespace: string
  /** The name of the operator's own Deployment. */
  deploymentName: string
  clusterId: string | undefined
  leaderElect: boolean
  workers: number
  pollInterval: number
  requestTimeout: number
  unknownOutcomeTimeout: number
  metricsBindAddress: string
  healthProbeBindAddress: string
  logLevel: LogLevel
  logFormat: LogFormat
  allowedHosts: readonly string[]
  allowHttp: boolean
  secretWatch: boolean
  clusterAccounts: boolean
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

const duration = (text: string): number => {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const milliseconds = Number(amount) * (UNITS[unit] ?? Number.NaN)
  if (!(milliseconds > 0)) throw new InvalidArgumentError('It must be a time such as 500ms, 60s, 15m or 1h.')
  return milliseconds
}

const count = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.')
  return value
}

const boolean = (text: string): boolean => {
  if (text === 'true' || text === 'false') return text === 'true'
  throw new InvalidArgumentError('It must be true or false.')
}

const list = (text: string): string[] => text.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]))

/** A host as an account's URL may name it: no scheme, no path, no wildcard. */
const isHost = (text: string): boolean =>
  /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]*,%]+)(:\d{1,5})?$/i.test(text) && URL.canParse(`https://${text}`)

const hosts = (text: string): string[] => {
  const entries = list(text)
  if (!entries.every(isHost))
    throw new InvalidArgumentError('It must be hosts such as www.digicert.com, localhost:8443 or [::1]:8443.')
  return entries
}

const address = (text: string): string => {
  if (!/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]*):\d{1,5}$/.test(text))
    throw new InvalidArgumentError('It must be host:port or :port.')
  return text
}

const ENVIRONMENT = 'DIGICERT_OPERATOR_'

type Flag = {
  flags: string
  says: string
  parse?: (text: string) => unknown
  otherwise?: unknown
  shown?: string
  choices?: readonly string[]
}

const FLAGS: readonly Flag[] = [
  {
    flags: '--kubeconfig <file>',
    says: 'kubeconfig to use; without it: KUBECONFIG, the service account of the pod, ~/.kube/config',
  },
  {
    flags: '--watch-namespaces <list>',
    says: 'namespaces to watch, separated by commas',
    parse: list,
    otherwise: [],
    shown: 'all',
  },
  {
    flags: '--operator-namespace <name>',
    says: 'namespace of the Lease and of the Secrets of ClusterDigiCertAccounts',
    shown: 'its own namespace, or digicert-operator outside of a pod',
  },
  {
    flags: '--deployment-name <name>',
    says: "the operator's own Deployment; Events about orders left in CertCentral refer to it",
    otherwise: 'digicert-operator',
  },
  {
    flags: '--cluster-id <id>',
    says: 'id from which alternative order ids are made; a rebuilt cluster with the same id finds its orders',
    shown: 'UID of the namespace kube-system',
  },
  {
    flags: '--leader-elect [boolean]',
    says: 'elect one leader among several replicas',
    parse: boolean,
    otherwise: true,
  },
  { flags: '--workers <number>', says: 'orders reconciled at the same time', parse: count, otherwise: 16 },
  {
    flags: '--poll-interval <time>',
    says: 'pause between two polls of an account',
    parse: duration,
    otherwise: 60_000,
    shown: '60s',
  },
  {
    flags: '--request-timeout <time>',
    says: 'deadline of a call to CertCentral',
    parse: duration,
    otherwise: 30_000,
    shown: '30s',
  },
  {
    flags: '--unknown-outcome-timeout <time>',
    says: 'how long to look up an order whose outcome is unknown before marking it Stalled',
    parse: duration,
    otherwise: 900_000,
    shown: '15m',
  },
  {
    flags: '--metrics-bind-address <address>',
    says: 'address that serves /metrics',
    parse: address,
    otherwise: ':8080',
  },
  {
    flags: '--health-probe-bind-address <address>',
    says: 'address that serves /livez and /readyz',
    parse: address,
    otherwise: ':8081',
  },
  { flags: '--log-level <level>', says: 'least severe level to log', choices: LOG_LEVELS, otherwise: 'info' },
  { flags: '--log-format <format>', says: 'format of log lines', choices: ['json', 'text'], otherwise: 'json' },
  {
    flags: '--allowed-hosts <list>',
    says: 'hosts that an account may name, separated by commas; one without a port stands for port 443 over https, any other port is named, as in localhost:8080',
    parse: hosts,
    otherwise: ['www.digicert.com', 'certcentral.digicert.eu'],
  },
  { flags: '--allow-http [boolean]', says: 'let accounts name http:// URLs', parse: boolean, otherwise: false },
  {
    flags: '--secret-watch [boolean]',
    says: 'watch Secrets by label; with false, no permission to list or watch Secrets is needed',
    parse: boolean,
    otherwise: true,
  },
  {
    flags: '--cluster-accounts [boolean]',
    says: 'watch ClusterDigiCertAccounts; with false, --watch-namespaces and --cluster-id, no ClusterRole is needed',
    parse: boolean,
    otherwise: true,
  },
]

const optionOf = ({ flags, says, parse, otherwise, shown, choices }: Flag): Option => {
  const option = new Option(flags, says)
  option.env(`${ENVIRONMENT}${option.name().toUpperCase().replaceAll('-', '_')}`)
  if (parse) option.argParser(parse)
  if (choices) option.choices([...choices])
  if (flags.endsWith('[boolean]')) option.preset('true')
  return option.default(otherwise, shown)
}

/** The namespace of the pod that this process runs in, if any. */
export type Surroundings = { podNamespace: string | undefined }

/** The command `run`, which passes a complete configuration on. Flags win over the environment. */
export const runCommand = (run: (config: Config) => Promise<void>, { podNamespace }: Surroundings): Command => {
  const command = new Command('run').description('run the operator')
  for (const flag of FLAGS) command.addOption(optionOf(flag))
  return command.action(async (options: Partial<Config>) => {
    const operatorNamespace = options.operatorNamespace ?? podNamespace ?? 'digicert-operator'
    await run({ ...(options as Config), operatorNamespace, inPod: podNamespace !== undefined })
  })
}
