import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  type Bed,
  accountIn,
  annotate,
  bought,
  keySecretIn,
  orderIn,
  orderPost,
  untilAnnounced,
  untilStalled,
  untilWaiting,
} from '../../support/bad-days.ts'
import { type ChartBed, clusterAccountIn, fromCluster, startChartBed, tenantOf } from '../../support/chart-bed.ts'
import { type Cluster, isReady } from '../../support/cluster.ts'
import { describeOwn } from '../../support/own-plane.ts'
import { waitFor } from '../../support/wait-for.ts'

/* A tenant may use an account of the cluster within its policy, and tries to get more out of it. */

const PREFIX = 'digicert-operator.io'
const LIMIT = 30_000
/** An order of unknown outcome is looked for 5 s after it was sent, and 15 s after that. */
const SETTLED = 60_000

let chart: ChartBed
let bed: Bed
let tenant: Cluster

const clusterAccount = (name: string, spec: object) => clusterAccountIn(bed, name, spec)

const from = (account: string) => fromCluster(bed, account)

const order = (name: string, spec: object): Promise<unknown> => tenant.apply(orderIn(bed.namespace, name, spec))

const untilReady = (name: string, limitMs = LIMIT) => bed.cluster.waitForOrder(bed.namespace, name, isReady, limitMs)

const patch = (name: string, spec: object): Promise<unknown> =>
  tenant.patch({ kind: 'DigiCertOrder', namespace: bed.namespace, name }, { spec })

const remove = async (name: string): Promise<void> => {
  const { namespace } = bed
  await tenant.remove({ kind: 'DigiCertOrder', namespace, name })
  await waitFor(async () => (await bed.cluster.order(namespace, name)) === undefined, { what: name, limitMs: LIMIT })
}

const namesSent = async (): Promise<string> => JSON.stringify((await bed.control.journal()).map(({ body }) => body))

describeOwn('a tenant who may use an account of the cluster', () => {
  beforeAll(async () => {
    chart = await startChartBed({
      account: 'none',
      flags: { 'request-timeout': '1s', 'unknown-outcome-timeout': '8s' },
      settings: { uniqueAlternativeOrderIds: true },
    })
    bed = chart.bed
    await bed.cluster.apply([
      keySecretIn(bed.operatorNamespace, 'certcentral'),
      clusterAccount('names', { uniqueAlternativeOrderIds: true, policy: { dnsNames: ['*.example.com'] } }),
      clusterAccount('two', { policy: { maxOrdersPerDay: 2 } }),
      clusterAccount('few', { policy: { maxNames: 5, maxNameChangesPerDay: 1 } }),
    ])
    tenant = await tenantOf(chart, bed.namespace)
  }, 120_000)
  afterAll(async () => {
    // They are of the whole cluster, which other tests share.
    for (const name of ['names', 'two', 'few'])
      await bed.cluster.remove({ kind: 'ClusterDigiCertAccount', name: clusterAccount(name, {}).metadata.name })
    await chart.close()
  })

  test(
    'buys no name outside the policy by an edit after a lost answer',
    async () => {
      await order('seen', from('names'))
      await untilReady('seen')
      await bed.control.addFault({ match: orderPost(), action: 'drop-before' })
      await order('lost', from('names'))
      await untilAnnounced(bed, 'lost', 'OutcomeUnknown')

      await patch('lost', { commonName: 'evil.example.org', dnsNames: ['www.bank.example'] })

      await waitFor(async () => (await bought(bed, 'lost')).length > 0, { what: 'the same request', limitMs: SETTLED })
      await bed.control.clearFaults()
      expect(await namesSent()).not.toMatch(/bank\.example|evil\.example\.org/)
    },
    SETTLED + LIMIT,
  )

  test('buys no more than the day allows by deleting its orders and waiting for a restart of the operator', async () => {
    for (const name of ['one', 'two']) {
      await order(name, from('two'))
      await untilReady(name)
      await remove(name)
    }
    await bed.operator.restart()

    await order('three', from('two'))

    expect(await untilWaiting(bed, 'three', 'OrderLimitReached', LIMIT)).toContain('policy.maxOrdersPerDay')
    expect(await bought(bed, 'three')).toEqual([])
  })

  test('adds no more names by reissues than the policy allows, in one order and in a day', async () => {
    await order('growing', from('few'))
    await untilReady('growing')
    const names = (count: number) => Array.from({ length: count }, (_, n) => `n${String(n)}.growing.example.com`)
    const covers = (count: number) => (seen: Awaited<ReturnType<typeof untilReady>>) =>
      isReady(seen) && (seen.status?.certificate?.dnsNames.length ?? 0) === count + 1
    await patch('growing', { dnsNames: names(2) })
    await bed.cluster.waitForOrder(bed.namespace, 'growing', covers(2), LIMIT)

    await patch('growing', { dnsNames: names(3) })
    await untilAnnounced(bed, 'growing', 'NameChangeLimitReached')
    await patch('growing', { dnsNames: names(200) })

    const { metadata } = (await bed.cluster.order(bed.namespace, 'growing'))!
    await bed.cluster.waitForOrder(
      bed.namespace,
      'growing',
      ({ status }) => status?.observedGeneration === metadata.generation,
      LIMIT,
    )
    expect(await namesSent()).not.toContain('n2.growing.example.com')
  })

  test('gets no certificate and no reissue without a right that it has lost', async () => {
    await order('kept', from('names'))
    const { status } = await untilReady('kept')
    await bed.cluster.remove({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      namespace: bed.namespace,
      name: 'tenant-use-accounts',
    })
    const mayAnnotate = () =>
      annotate({ cluster: tenant, namespace: bed.namespace }, 'kept', {
        [`${PREFIX}/reissue-requested-at`]: String(Date.now()),
      }).then(
        () => 'allowed',
        (error: unknown) => (error as Error).message,
      )
    const said = await waitFor(async () => /may not set the annotation/.exec(await mayAnnotate())?.[0], {
      what: 'the refusal',
      limitMs: LIMIT,
    })

    expect(said).toBe('may not set the annotation')
    await expect(order('denied', from('names'))).rejects.toThrow('may not use the ClusterDigiCertAccount')
    expect(status?.order?.status).toBe('issued')
  })

  test('points an account of its own nowhere but to the hosts that are allowed, by their ports', async () => {
    const { host, hostname } = new URL(bed.simulator.url)
    for (const [name, url] of Object.entries({
      port: `http://${hostname}:${String(Number(host.split(':')[1]) + 1)}/services/v2`,
      tls: `https://${hostname}/services/v2`,
    })) {
      await tenant.apply(accountIn(bed, `own-${name}`, { url })[1]!)
      await order(`own-${name}`, { accountRef: { name: `own-${name}` } })
      expect(await untilStalled(bed, `own-${name}`, 'AccountNotReady', LIMIT)).toContain(
        'is not one of --allowed-hosts',
      )
    }
  })
})
