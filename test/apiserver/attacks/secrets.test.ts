import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { exportKey, generateKey, publicFingerprint, readKey } from '../../../src/pki/keys.ts'
import { type Bed, annotate, bought, orderIn, place, untilReady, untilStalled } from '../../support/bad-days.ts'
import { issueChain } from '../../support/ca.ts'
import { type ChartBed, startChartBed, tenantOf } from '../../support/chart-bed.ts'
import type { Cluster } from '../../support/cluster.ts'
import { describeOwn } from '../../support/own-plane.ts'
import { waitFor } from '../../support/wait-for.ts'

/*
 * Tenants choose the names of their orders, and with them those of the Secrets that the operator keeps keys in. The
 * admission policy on Secrets is off here: what the operator itself holds to is tried.
 */

const PREFIX = 'digicert-operator.io'
const KEY_TYPE = `${PREFIX}/private-key`
const LIMIT = 30_000

let chart: ChartBed
let bed: Bed
let tenant: Cluster

const pemOf = async (algorithm: 'ECDSA' | 'RSA'): Promise<string> =>
  exportKey(await generateKey({ algorithm }), 'PKCS8')

const secretIn = (name: string, more: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: bed.namespace, ...metadata },
  ...more,
})

const put = (name: string, more: object, metadata: object = {}) => bed.cluster.apply(secretIn(name, more, metadata))

type Stored = { metadata: { uid?: string; resourceVersion?: string }; data?: object }

/** A Secret as it is stored, so that any write of it shows. */
const stored = async (name: string) => {
  const secret = (await bed.cluster.get({ kind: 'Secret', namespace: bed.namespace, name })) as unknown as Stored
  return [secret.metadata.uid, secret.metadata.resourceVersion, secret.data]
}

const tlsSecret = async (algorithm: 'ECDSA' | 'RSA' = 'ECDSA') => {
  const { leaf } = await issueChain(['mine.example.com'])
  return {
    type: 'kubernetes.io/tls',
    stringData: {
      'tls.crt': leaf.pem,
      'tls.key': algorithm === 'RSA' ? await pemOf('RSA') : exportKey(leaf.key, 'PKCS8'),
    },
  }
}

/** Keeps the operator from putting a Secret back at once. */
const suspended = async (name: string, suspend: boolean): Promise<void> => {
  const { namespace, cluster } = bed
  await cluster.patch({ kind: 'DigiCertOrder', namespace, name }, { spec: { suspend } })
  const isSeen = (order: DigiCertOrder) =>
    (order.status?.conditions?.find(({ type }) => type === 'Issuing')?.reason === 'Suspended') === suspend
  await cluster.waitForOrder(namespace, name, isSeen, LIMIT)
}

const marked = (order: string, more: object = {}) => ({
  labels: { [`${PREFIX}/managed`]: 'true' },
  annotations: { [`${PREFIX}/order`]: order, ...more },
})

describeOwn('a Secret with the name of the key Secret of an order', () => {
  beforeAll(async () => {
    chart = await startChartBed(
      { account: { policy: { maxOrdersPerDay: 1000 } } },
      { admissionPolicies: { ownSecrets: false } },
    )
    bed = chart.bed
    tenant = await tenantOf(chart, bed.namespace)
  }, 120_000)
  afterAll(() => chart.close())

  test.each<readonly [string, string, () => Promise<readonly [content: object, metadata?: object]>]>([
    ['that holds a password', 'password', () => Promise.resolve([{ stringData: { password: 'precious' } }])],
    ['that holds a private key', 'planted', async () => [{ stringData: { 'tls.key': await pemOf('ECDSA') } }]],
    ['that serves TLS', 'serving', async () => [await tlsSecret()]],
    ['that serves TLS with a key of another kind', 'rsa', async () => [await tlsSecret('RSA')]],
    ['that is the target of another order', 'target', async () => [await tlsSecret(), marked('another')]],
    [
      'that keeps the key of another order',
      'others',
      async () => [{ type: KEY_TYPE, stringData: { 'tls.key': await pemOf('ECDSA') } }, marked('another')],
    ],
    [
      'that was written in another cluster',
      'cluster',
      async () => [
        { type: KEY_TYPE, stringData: { 'tls.key': await pemOf('ECDSA') } },
        marked('cluster', { [`${PREFIX}/cluster-id`]: 'elsewhere' }),
      ],
    ],
    [
      'that has our type and no mark',
      'unmarked',
      async () => [{ type: KEY_TYPE, stringData: { 'tls.key': await pemOf('ECDSA') } }],
    ],
  ])('%s is left alone, and nothing is bought until it is gone', async (_which, name, make) => {
    const [content, metadata] = await make()
    await put(`${name}-key-1`, content, metadata)
    const before = await stored(`${name}-key-1`)

    await tenant.apply(orderIn(bed.namespace, name))

    expect(await untilStalled(bed, name, 'SecretConflict', LIMIT)).toContain(`Secret ${name}-key-1 has the name under`)
    expect([await stored(`${name}-key-1`), await bought(bed, name)]).toEqual([before, []])

    await bed.cluster.remove({ kind: 'Secret', namespace: bed.namespace, name: `${name}-key-1` })
    await annotate(bed, name, { [`${PREFIX}/check-requested-at`]: 'once it is gone' })
    await untilReady(bed, name, LIMIT)
    expect(await bought(bed, name)).toHaveLength(1)
  })

  test('that another one put there is left alone by a reissue; the certificate in use stays', async () => {
    const name = 'replaced'
    const { namespace } = bed
    await place(bed, name)
    const { status } = await untilReady(bed, name, LIMIT)
    await suspended(name, true)
    await bed.cluster.remove({ kind: 'Secret', namespace, name: `${name}-key-1` })
    await put(`${name}-key-1`, await tlsSecret())
    await suspended(name, false)
    const before = await stored(`${name}-key-1`)

    await annotate(bed, name, { [`${PREFIX}/reissue-requested-at`]: 'now' })

    const isSaid = async () => {
      const order = await bed.cluster.order(namespace, name)
      const [ready, issuing] = ['Ready', 'Issuing'].map((type) =>
        order?.status?.conditions?.find((c) => c.type === type),
      )
      return issuing?.reason === 'SecretConflict' && ready?.status === 'True'
    }
    await waitFor(isSaid, { what: 'the conflict, and Ready', limitMs: LIMIT })
    const after = await bed.cluster.order(namespace, name)
    expect(await stored(`${name}-key-1`)).toEqual(before)
    expect(after?.status?.certificate?.serialNumber).toBe(status?.certificate?.serialNumber)
  })

  test('of an earlier version, which wrote no cluster id, is used, and says it from then on', async () => {
    const name = 'earlier'
    const pem = await pemOf('ECDSA')
    await put(`${name}-key-1`, { type: KEY_TYPE, stringData: { 'tls.key': pem } }, marked(name))

    await place(bed, name)
    await untilReady(bed, name, LIMIT)

    const [kept, target] = [
      await bed.cluster.secret(bed.namespace, `${name}-key-1`),
      await bed.cluster.secret(bed.namespace, `${name}-tls`),
    ]
    const fingerprint = (text: Buffer | undefined) => publicFingerprint(readKey(text?.toString() ?? '')!)
    expect(fingerprint(target?.data['tls.key'])).toBe(publicFingerprint(readKey(pem)!))
    expect(kept?.metadata.annotations?.[`${PREFIX}/cluster-id`]).toBe('bad-days')
  })

  test('is no name for a target Secret: the API server refuses it with a sentence', async () => {
    const refused = tenant.apply(orderIn(bed.namespace, 'squatter', { secretName: 'victim-key-1' }))
    await expect(refused).rejects.toThrow('secretName must not end in -key- and a number')
  })
})
