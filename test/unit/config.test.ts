import { spawn } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { CommanderError } from 'commander'
import { type Config, runCommand } from '../../src/config.ts'

const PREFIX = 'DIGICERT_OPERATOR_'
const kept = { ...process.env }

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith(PREFIX)) Reflect.deleteProperty(process.env, name)
})
afterEach(() => {
  process.env = { ...kept }
})

/** What `run` is told by some flags and variables, or what it says of them. */
const configOf = async (args: readonly string[], env: Record<string, string> = {}, podNamespace?: string) => {
  Object.assign(process.env, env)
  const given: Config[] = []
  const said: string[] = []
  const command = runCommand(
    (config) => {
      given.push(config)
      return Promise.resolve()
    },
    { podNamespace },
  )
  command.exitOverride().configureOutput({ writeErr: (text) => void said.push(text) })
  try {
    await command.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
  }
  return { config: given[0], said: said.join('') }
}

describe('the configuration', () => {
  test('has a default for everything', async () => {
    expect((await configOf([])).config).toEqual({
      inPod: false,
      watchNamespaces: [],
      operatorNamespace: 'digicert-operator',
      deploymentName: 'digicert-operator',
      leaderElect: true,
      workers: 16,
      pollInterval: 60_000,
      requestTimeout: 30_000,
      unknownOutcomeTimeout: 900_000,
      metricsBindAddress: ':8080',
      healthProbeBindAddress: ':8081',
      logLevel: 'info',
      logFormat: 'json',
      allowedHosts: ['www.digicert.com', 'certcentral.digicert.eu'],
      allowHttp: false,
      secretWatch: true,
      clusterAccounts: true,
    })
  })

  test.each<readonly [readonly string[], Partial<Config>]>([
    [['--kubeconfig', '/a/config'], { kubeconfig: '/a/config' }],
    [['--watch-namespaces', 'shop, web,,'], { watchNamespaces: ['shop', 'web'] }],
    [['--operator-namespace', 'ops'], { operatorNamespace: 'ops' }],
    [['--deployment-name', 'ops-digicert-operator'], { deploymentName: 'ops-digicert-operator' }],
    [['--cluster-id', 'blue'], { clusterId: 'blue' }],
    [['--leader-elect=false'], { leaderElect: false }],
    [['--leader-elect'], { leaderElect: true }],
    [['--workers', '1000'], { workers: 1000 }],
    [['--poll-interval', '500ms'], { pollInterval: 500 }],
    [['--poll-interval', '1.5s'], { pollInterval: 1500 }],
    [['--request-timeout', '2m'], { requestTimeout: 120_000 }],
    [['--unknown-outcome-timeout', '1h'], { unknownOutcomeTimeout: 3_600_000 }],
    [['--metrics-bind-address', '127.0.0.1:9090'], { metricsBindAddress: '127.0.0.1:9090' }],
    [['--health-probe-bind-address', '[::1]:9091'], { healthProbeBindAddress: '[::1]:9091' }],
    [['--log-level', 'debug'], { logLevel: 'debug' }],
    [['--log-format', 'text'], { logFormat: 'text' }],
    [['--allowed-hosts', 'localhost:8443'], { allowedHosts: ['localhost:8443'] }],
    [['--allowed-hosts', 'a.example, [::1]:8443,[::1]'], { allowedHosts: ['a.example', '[::1]:8443', '[::1]'] }],
    [['--allow-http'], { allowHttp: true }],
    [['--secret-watch=false'], { secretWatch: false }],
    [['--cluster-accounts=false'], { clusterAccounts: false }],
  ])('takes %j', async (args, wanted) => {
    expect((await configOf(args)).config).toMatchObject(wanted)
  })

  test.each<readonly [string, string, Partial<Config>]>([
    ['KUBECONFIG', '/a/config', { kubeconfig: '/a/config' }],
    ['WATCH_NAMESPACES', 'shop,web', { watchNamespaces: ['shop', 'web'] }],
    ['LEADER_ELECT', 'false', { leaderElect: false }],
    ['WORKERS', '3', { workers: 3 }],
    ['POLL_INTERVAL', '5s', { pollInterval: 5000 }],
    ['LOG_FORMAT', 'text', { logFormat: 'text' }],
    ['ALLOW_HTTP', 'true', { allowHttp: true }],
  ])('takes the variable DIGICERT_OPERATOR_%s=%s', async (name, value, wanted) => {
    expect((await configOf([], { [PREFIX + name]: value })).config).toMatchObject(wanted)
  })

  test('lets flags win over variables', async () => {
    const env = { [`${PREFIX}WORKERS`]: '3', [`${PREFIX}LEADER_ELECT`]: 'false' }
    expect((await configOf(['--workers', '4', '--leader-elect=true'], env)).config).toMatchObject({
      workers: 4,
      leaderElect: true,
    })
  })

  test('takes the namespace of the pod where none is given', async () => {
    expect((await configOf([], {}, 'ops')).config).toMatchObject({ operatorNamespace: 'ops', inPod: true })
    expect((await configOf(['--operator-namespace', 'mine'], {}, 'ops')).config).toMatchObject({
      operatorNamespace: 'mine',
      inPod: true,
    })
  })
})

describe('a bad value is refused in one line that names its flag', () => {
  test.each<readonly [string, string]>([
    ['--workers', 'x'],
    ['--workers', '0'],
    ['--workers', '1001'],
    ['--workers', '1.5'],
    ['--workers', ''],
    ['--poll-interval', '60'],
    ['--poll-interval', '0s'],
    ['--poll-interval', '-1s'],
    ['--request-timeout', 'soon'],
    ['--unknown-outcome-timeout', '1d'],
    ['--leader-elect', 'maybe'],
    ['--allow-http', '1'],
    ['--allowed-hosts', 'https://www.digicert.com'],
    ['--allowed-hosts', 'www.digicert.com/services'],
    ['--allowed-hosts', 'www.digicert.com,*.digicert.com'],
    ['--allowed-hosts', 'www.digicert.com:https'],
    ['--allowed-hosts', 'localhost:80800'],
    ['--allowed-hosts', '::1'],
    ['--allowed-hosts', 'agent@localhost:8080'],
    ['--secret-watch', 'no'],
    ['--metrics-bind-address', '8080'],
    ['--health-probe-bind-address', 'a b:1'],
    ['--log-level', 'loud'],
    ['--log-format', 'xml'],
    ['--no-such-flag', 'x'],
  ])('%s=%s', async (flag, value) => {
    const { config, said } = await configOf([`${flag}=${value}`])
    expect(config).toBeUndefined()
    expect(said.trimEnd().split('\n')).toHaveLength(1)
    expect(said).toContain(flag)
  })

  test('as a variable', async () => {
    const { config, said } = await configOf([], { [`${PREFIX}WORKERS`]: 'x' })
    expect(config).toBeUndefined()
    expect(said).toMatch(/^error: .*DIGICERT_OPERATOR_WORKERS.*\n$/)
  })
})

test('the program ends with 1 and one line on a bad value', async () => {
  const main = `${import.meta.dirname}/../../src/main.ts`
  const child = spawn(process.execPath, [main, 'run', '--workers', 'x'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()))
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect({ code, out: output.out }).toEqual({ code: 1, out: '' })
  expect(output.err).toMatch(/^[^\n]*--workers[^\n]*whole number[^\n]*\n$/)
}, 30_000)
