import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { exportKey } from '../../../src/pki/keys.ts'
import {
  API_KEY,
  type Bed,
  annotate,
  bought,
  keySecretIn,
  orderIn,
  untilAnnounced,
  untilStalled,
  untilBought,
  orderPost,
} from '../../support/bad-days.ts'
import { issueChain } from '../../support/ca.ts'
import { type ChartBed, clusterAccountIn, fromCluster, startChartBed, tenantOf } from '../../support/chart-bed.ts'
import { type Cluster, isReady } from '../../support/cluster.ts'
import { describeOwn } from '../../support/own-plane.ts'
import { waitFor } from '../../support/wait-for.ts'

/*
 * Two tenants, each with rights in a namespace of its own, use accounts of the cluster with one API key. What one of them
 * bought is none of the other's. The attacker is in `bed.namespace`, the victim in `bed.otherNamespace`.
 */

const PREFIX = 'digicert-operator.io'
const LIMIT = 30_000

let chart: ChartBed
let bed: Bed
let attacker: Cluster
let victim: Cluster

const clusterAccount = (name: string, policy: object) =>
  clusterAccountIn(bed, name, { policy: { maxOrdersPerDay: 1000, ...policy } })

const from = (account: string) => fromCluster(bed, account)

/** The victim buys; gives the id of its order. */
const buyAsVictim = async (name: string, spec: object = {}): Promise<number> => {
  const { otherNamespace } = bed
  await victim.apply(orderIn(otherNamespace, name, { ...from('shared'), ...spec }))
  const order = await bed.cluster.waitForOrder(otherNamespace, name, isReady, LIMIT)
  return order.status?.order?.id ?? 0
}

const attack = (name: string, spec: object): Promise<unknown> => attacker.apply(orderIn(bed.namespace, name, spec))

/** Tries to have an order taken over that is then revoked with the attacker's resource. */
const takeOver = (name: string, orderId: number, spec: object = from('shared')): Promise<unknown> =>
  attack(name, { ...spec, adoptOrderId: orderId, deletionPolicy: 'RevokeOrder', revokeAdopted: true })

/** Has a plan renewed long before its end, as a person may. */
const renewEarly = async (tenant: Cluster, namespace: string, name: string): Promise<void> => {
  const { status } = (await bed.cluster.order(namespace, name))!
  await tenant.patch({ kind: 'DigiCertOrder', namespace, name }, { spec: { renewal: { before: '8759h59m' } } })
  await annotate({ cluster: tenant, namespace }, name, { [`${PREFIX}/release-brake`]: String(status?.order?.id) })
}

/** An order of the account that no DigiCertOrder has, as people buy it in the console. */
const buyInConsole = async (body: object): Promise<number> => {
  const answer = await fetch(`${bed.simulator.url}/order/certificate/ssl_dv_geotrust_flex`, {
    method: 'POST',
    headers: { 'X-DC-DEVKEY': API_KEY, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return ((await answer.json()) as { id: number }).id
}

const isRenewalOf =
  (orderId: number) =>
  (order: DigiCertOrder): boolean =>
    isReady(order) && order.status?.order?.status === 'issued' && order.status.order.id !== orderId

const reissuesOf = async (orderId: number): Promise<number> =>
  (await bed.control.journal()).filter((entry) => entry.kind === 'reissue' && entry.orderId === orderId).length

const statusAtCertCentral = async (orderId: number): Promise<unknown> => (await bed.control.order(orderId))['status']

const deleted = async (name: string): Promise<void> => {
  const { namespace } = bed
  await attacker.remove({ kind: 'DigiCertOrder', namespace, name })
  await waitFor(async () => (await bed.cluster.order(namespace, name)) === undefined, {
    what: `${name} to be gone`,
    limitMs: LIMIT,
  })
}

const csrFor = async (name: string): Promise<string> => {
  const { createCsr } = await import('../../../src/pki/csr.ts')
  const { generateKey } = await import('../../../src/pki/keys.ts')
  return createCsr(await generateKey({ algorithm: 'ECDSA' }), [name], name)
}

const consoleBody = async (commonName: string, more: object = {}) => ({
  certificate: { common_name: commonName, csr: await csrFor(commonName), signature_hash: 'sha256' },
  order_validity: { years: 1 },
  dcv_method: 'dns-txt-token',
  payment_method: 'balance',
  ...more,
})

describeOwn('under the roles and policies of the chart', () => {
  beforeAll(async () => {
    chart = await startChartBed({ account: 'none' })
    bed = chart.bed
    await bed.cluster.apply([
      keySecretIn(bed.operatorNamespace, 'certcentral'),
      clusterAccount('shared', { adoption: 'Allowed', skipApproval: 'Allowed' }),
      clusterAccount('narrow', { adoption: 'Allowed', dnsNames: ['*.a.example.com'] }),
      clusterAccount('default', {}),
    ])
    attacker = await tenantOf(chart, bed.namespace)
    victim = await tenantOf(chart, bed.otherNamespace)
  }, 120_000)
  afterAll(async () => {
    // They are of the whole cluster, which other tests share.
    for (const name of ['shared', 'narrow', 'default'])
      await bed.cluster.remove({ kind: 'ClusterDigiCertAccount', name: clusterAccount(name, {}).metadata.name })
    await chart.close()
  })

  describe('an order of another tenant', () => {
    test.each([
      ['the same account', 'shared'],
      ['another account with the same API key', 'narrow'],
    ])('is not taken over through %s, nor revoked, and its holder is not named', async (_which, account) => {
      const name = `held-${account}`
      const orderId = await buyAsVictim(name, { dnsNames: [`${name}.a.example.com`] })

      await takeOver(name, orderId, { ...from(account), commonName: `${name}.a.example.com` })

      const said = await untilStalled(bed, name, 'AdoptionRefused', LIMIT)
      expect(said).toContain('another DigiCertOrder of the cluster has it')
      expect(said).not.toContain(bed.otherNamespace)
      await deleted(name)
      expect([await reissuesOf(orderId), await statusAtCertCentral(orderId)]).toEqual([0, 'issued'])
    })

    test('is not taken over while it is renewed', async () => {
      const name = 'renewing'
      const orderId = await buyAsVictim(name)
      await bed.control.changeSettings({ approval: 'one-step', instant: false })
      const { otherNamespace: namespace } = bed
      await renewEarly(victim, namespace, name)
      const isRenewing = ({ status }: DigiCertOrder) =>
        status?.intent?.renewalOf === orderId && status.order?.status === 'needs_approval'
      await bed.cluster.waitForOrder(namespace, name, isRenewing, LIMIT)

      await takeOver(name, orderId)

      expect(await untilStalled(bed, name, 'AdoptionRefused', LIMIT)).toContain('another DigiCertOrder of the cluster')
      await deleted(name)
      expect([await reissuesOf(orderId), await statusAtCertCentral(orderId)]).toEqual([0, 'issued'])
      await bed.control.changeSettings({ approval: 'none', instant: true })
    })

    test('is not taken over after it was renewed: a former order of the history is held as well', async () => {
      const name = 'former'
      const orderId = await buyAsVictim(name)
      const { otherNamespace: namespace } = bed
      await renewEarly(victim, namespace, name)
      await bed.cluster.waitForOrder(namespace, name, isRenewalOf(orderId), LIMIT)

      await attack(name, { ...from('shared'), adoptOrderId: orderId })

      expect(await untilStalled(bed, name, 'AdoptionRefused', LIMIT)).toContain('another DigiCertOrder of the cluster')
    })

    test('is not renewed for another tenant, by its id or by its thumbprint, and the holder goes on', async () => {
      const orderId = await buyAsVictim('linked')
      const { status } = (await bed.cluster.order(bed.otherNamespace, 'linked'))!
      const links = {
        'link-id': { ofOrderId: orderId },
        'link-print': { ofThumbprint: status!.certificate!.sha1Thumbprint },
      }

      for (const [name, renewal] of Object.entries(links)) {
        await attack(name, { ...from('shared'), renewal })
        expect(await untilStalled(bed, name, 'InvalidSpec', LIMIT)).toMatch(
          /renewal\.of\w+ names an order that another/,
        )
        expect(await bought(bed, name)).toEqual([])
      }
    })

    test('is renewed by its holder, though an order for other names was linked to it in the console', async () => {
      const name = 'hijacked'
      const orderId = await buyAsVictim(name)
      await buyInConsole(await consoleBody('evil.example.org', { renewal_of_order_id: orderId }))
      const { otherNamespace: namespace } = bed
      await renewEarly(victim, namespace, name)
      const renewed = await bed.cluster.waitForOrder(namespace, name, isRenewalOf(orderId), LIMIT)
      expect(renewed.status?.order?.purchase).toBe(2)
    })

    test('is not taken over on the word of a Secret that was made for it', async () => {
      const name = 'forged'
      const orderId = await buyInConsole(await consoleBody(`${name}.example.com`))
      const { leaf, intermediate, root } = await issueChain([`${name}.example.com`])
      await bed.cluster.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'kubernetes.io/tls',
        metadata: {
          name: `${name}-tls`,
          namespace: bed.namespace,
          labels: { [`${PREFIX}/managed`]: 'true' },
          annotations: { [`${PREFIX}/order`]: name, [`${PREFIX}/order-id`]: String(orderId) },
        },
        stringData: {
          'tls.crt': leaf.pem + intermediate.pem,
          'tls.key': exportKey(leaf.key, 'PKCS8'),
          'ca.crt': root.pem,
        },
      })

      await attack(name, { ...from('default') })

      expect(await untilStalled(bed, name, 'AdoptionRefused', LIMIT)).toContain(
        'does not show that it was made with the key',
      )
      expect([await reissuesOf(orderId), (await bought(bed, name)).map((entry) => entry.orderId)]).toEqual([
        0,
        [orderId],
      ])
    })

    test('has no certificate revoked by an annotation that names it', async () => {
      const name = 'annotator'
      const orderId = await buyAsVictim('annotated')
      const victims = await bed.cluster.order(bed.otherNamespace, 'annotated')
      const { namespace } = bed
      await attack(name, from('shared'))
      await bed.cluster.waitForOrder(namespace, name, isReady, LIMIT)
      await bed.control.changeSettings({ approval: 'one-step', instant: false })
      await renewEarly(attacker, namespace, name)
      const isRenewing = ({ status }: DigiCertOrder) => status?.order?.status === 'needs_approval'
      await bed.cluster.waitForOrder(namespace, name, isRenewing, LIMIT)

      const annotations = { [`${PREFIX}/certificate-id`]: String(victims?.status?.certificate?.id) }
      await bed.cluster.patch({ kind: 'Secret', namespace, name: `${name}-tls` }, { metadata: { annotations } })
      await attacker.patch(
        { kind: 'DigiCertOrder', namespace, name },
        { spec: { deletionPolicy: 'RevokeCertificate' } },
      )
      const mayGo = ({ metadata }: DigiCertOrder) => (metadata.finalizers ?? []).length > 0
      await bed.cluster.waitForOrder(namespace, name, mayGo, LIMIT)
      await deleted(name)

      const revoked = (await bed.control.journal()).filter(({ kind }) => kind === 'revoke')
      expect(revoked.map(({ certificateId }) => certificateId)).not.toContain(victims?.status?.certificate?.id)
      expect(await statusAtCertCentral(orderId)).toBe('issued')
      await bed.control.changeSettings({ approval: 'none', instant: true })
    })

    test('is not taken over while its buyer waits for the answer', async () => {
      const name = 'unanswered'
      await bed.control.addFault({ match: orderPost(), action: 'drop-after' })
      await victim.apply(orderIn(bed.otherNamespace, name, from('shared')))
      const orderId = (await untilBought(bed, name)).orderId

      await takeOver(name, orderId)

      expect(await untilStalled(bed, name, 'AdoptionRefused', LIMIT)).toContain('another DigiCertOrder of the cluster')
      const found = await bed.cluster.waitForOrder(bed.otherNamespace, name, isReady, LIMIT)
      expect([found.status?.order?.id, await reissuesOf(orderId)]).toEqual([orderId, 0])
      await bed.control.clearFaults()
    })

    test('is not ended by a copy of its DigiCertOrder that was restored with its status elsewhere', async () => {
      const name = 'restored'
      const orderId = await buyAsVictim(name)
      const { status } = (await bed.cluster.order(bed.otherNamespace, name))!
      const { namespace } = bed
      await attack(name, { ...from('shared'), suspend: true, deletionPolicy: 'RevokeOrder' })
      await bed.cluster.patch(
        { kind: 'DigiCertOrder', namespace, name },
        { status: { order: status?.order } },
        'status',
      )
      const isCopied = (order: DigiCertOrder) =>
        order.status?.order?.id === orderId && order.status.onDeletion?.includes('has it as well') === true
      await bed.cluster.waitForOrder(namespace, name, isCopied, LIMIT)

      await deleted(name)

      expect(await statusAtCertCentral(orderId)).toBe('issued')
    })
  })

  describe('an order that nobody holds', () => {
    test('is not looked at through an account of the cluster whose policy is silent', async () => {
      const name = 'unasked'
      const orderId = await buyInConsole(await consoleBody(`${name}.example.com`))
      await bed.control.resetCalls()

      await attack(name, { ...from('default'), adoptOrderId: orderId, suspend: true })

      const isSaid = ({ status }: DigiCertOrder) =>
        status?.conditions?.some(({ message }) => message.includes('policy.adoption of the account is Forbidden')) ===
        true
      await bed.cluster.waitForOrder(bed.namespace, name, isSaid, LIMIT)
      await attacker.patch({ kind: 'DigiCertOrder', namespace: bed.namespace, name }, { spec: { suspend: false } })
      expect(await untilStalled(bed, name, 'AdoptionRefused', LIMIT)).toContain('policy.adoption')
      const { byEndpoint } = await bed.control.calls()
      expect(Object.keys(byEndpoint).filter((endpoint) => endpoint.includes('/order/certificate/{'))).toEqual([])
    })

    test('is not taken over with names outside the policy, which are not repeated', async () => {
      const name = 'wide'
      const body = await consoleBody(`${name}.a.example.com`)
      const certificate = { ...body.certificate, dns_names: ['secret-project.example.com'] }
      const orderId = await buyInConsole({ ...body, certificate })

      await attack(name, { ...from('narrow'), adoptOrderId: orderId, commonName: `${name}.a.example.com` })

      const said = await untilStalled(bed, name, 'AdoptionRefused', LIMIT)
      expect(said).toContain('it has names that policy.dnsNames of the account does not cover')
      expect(said).not.toContain('secret-project')
      expect(await reissuesOf(orderId)).toBe(0)
    })

    test.each([
      ['stays when its DigiCertOrder is deleted', 'kept', {}, 'issued'],
      ['is revoked where revokeAdopted says so', 'ended', { revokeAdopted: true }, 'revoked'],
    ])('and was taken over %s', async (_what, name, more, status) => {
      const orderId = await buyInConsole(await consoleBody(`${name}.example.com`))
      await attack(name, { ...from('shared'), adoptOrderId: orderId, deletionPolicy: 'RevokeOrder', ...more })
      const adopted = await bed.cluster.waitForOrder(bed.namespace, name, isReady, LIMIT)
      expect(adopted.status?.order).toMatchObject({ id: orderId, adopted: true })

      await deleted(name)

      expect(await statusAtCertCentral(orderId)).toBe(status)
    })
  })

  describe('the approval that guards an account of the cluster', () => {
    test('is not switched off by the author of an order', async () => {
      await bed.control.changeSettings({ approval: 'one-step', instant: false })
      await attack('skipping', { ...from('default'), skipApproval: true })

      await bed.cluster.waitForOrder(
        bed.namespace,
        'skipping',
        ({ status }) => status?.order?.status === 'needs_approval',
        LIMIT,
      )
      const [entry] = await bought(bed, 'skipping')
      expect((entry?.body as { skip_approval?: boolean }).skip_approval).toBeUndefined()
      await untilAnnounced(bed, 'skipping', 'FieldIgnored')
      await bed.control.changeSettings({ approval: 'none', instant: true })
    })
  })
})
