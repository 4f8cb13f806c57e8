import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Account } from '../../../src/api/account.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/start.ts'
import { keySecretIn, orderIn } from '../../support/bad-days.ts'
import { type Cluster, isReady, openCluster } from '../../support/cluster.ts'
import { type ConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts'
import { guardedDirectory } from '../../support/guard.ts'
import { type OperatorProcess, startOperator } from '../../support/operator-process.ts'
import { waitFor } from '../../support/wait-for.ts'

const HOST = 'certcentral.test'
const KEY = 'simulator'
const PASSWORD = 'MARKED0PROXY0PASSWORD'
const LIMIT = 30_000

let cluster: Cluster
let namespace: string
let simulator: Simulator
let proxy: ConnectProxy
let operator: OperatorProcess

/** Under a name that only the proxy knows. */
const urlOf = ({ url }: Simulator) => url.replace(/127\.0\.0\.1|localhost/, HOST)

beforeAll(async () => {
  cluster = openCluster()
  namespace = await cluster.newNamespace()
  simulator = await startSimulator({
    ...{ listen: '127.0.0.1:0', protocol: 'https', tlsNames: [HOST], apiKeys: [{ key: KEY }] },
    settings: { instant: true },
  })
  proxy = await startConnectProxy()
  const roots = join(guardedDirectory('roots'), 'ca.pem')
  writeFileSync(roots, simulator.caCertificate ?? '')
  operator = await startOperator({
    kubeconfig: process.env['KUBECONFIG'] ?? '',
    flags: {
      ...{ 'watch-namespaces': namespace, 'operator-namespace': namespace, 'cluster-id': 'proxied' },
      ...{ 'poll-interval': '1s', 'allow-http': false },
    },
    certCentral: urlOf(simulator),
    env: { HTTPS_PROXY: `http://agent:${PASSWORD}@${proxy.host}`, NODE_EXTRA_CA_CERTS: roots },
  })
})
afterAll(async () => {
  await operator.kill()
  await proxy.close()
  await simulator.close()
  await cluster.deleteNamespace(namespace)
})

const addAccount = (name: string) =>
  cluster.apply([
    keySecretIn(namespace, name, KEY),
    {
      apiVersion: 'digicert-operator.io/v1alpha1',
      kind: 'DigiCertAccount',
      metadata: { name, namespace },
      spec: { url: urlOf(simulator), apiKeySecretRef: { name } },
    },
  ])

const saidOf = (name: string) =>
  waitFor(
    async () => {
      const account = (await cluster.get({ kind: 'DigiCertAccount', namespace, name })) as Account | undefined
      return account?.status?.conditions?.find(({ type }) => type === 'Ready')
    },
    { what: `condition of ${name}`, limitMs: LIMIT },
  )

test('an order is issued through the proxy, by a CA that the process was given, and the API server is not called through it', async () => {
  await addAccount('certcentral')
  await cluster.apply(orderIn(namespace, 'proxied'))

  await cluster.waitForOrder(namespace, 'proxied', isReady, LIMIT)
  const targets = new Set(proxy.asked().map((asked) => asked.replace(/:\d+ .*$/, '')))
  expect([...targets]).toEqual([HOST])
})

test('a proxy that refuses is named in the condition of the account, without its password', async () => {
  proxy.behave(407)
  await addAccount('late')

  const { status, reason, message } = await saidOf('late')
  expect({ status, reason }).toEqual({ status: 'False', reason: 'Unreachable' })
  expect(message).toContain(`the proxy ${proxy.host} answered 407`)
  const told = JSON.stringify(await cluster.list({ kind: 'DigiCertAccount', namespace }))
  expect(`${told} ${readFileSync(operator.logFile, 'utf8')}`).not.toContain(PASSWORD)
})
