import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { orderIn } from '../../support/bad-days.ts'
import { createSecretDry, refusal, untilRefused } from '../../support/chart-bed.ts'
import { type Cluster, openCluster } from '../../support/cluster.ts'
import type { ControlPlane } from '../../support/control-plane.ts'
import { succeed } from '../../support/kubectl.ts'
import { type Example, GITOPS, objectsOf } from '../../unit/gitops/examples.ts'
import { describeOwn, openOwnPlane } from '../../support/own-plane.ts'

const NAMESPACED = join(GITOPS, '..', 'kustomize', 'namespaced')
const HOME = 'digicert-operator'
const SHOP = 'shop'
const PREFIX = 'digicert-operator.io'
const MARK = { labels: { [`${PREFIX}/managed`]: 'true' }, annotations: { [`${PREFIX}/order`]: 'live' } }

let plane: ControlPlane
let cluster: Cluster
/** The cluster with the rights of the operator's service account. */
let operator: Cluster
/** The overlay, without the pods. */
let overlay: readonly Example[]

const listOf = (items: readonly object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
const secret = (name: string) => ({ kind: 'Secret', namespace: SHOP, name })
const order = { kind: 'DigiCertOrder', namespace: SHOP, name: 'of-shop' }
const secretIn = (name: string, more: object) => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: SHOP } },
  ...more,
})

describeOwn('with the policies of the overlay for one namespace, the operator', () => {
  beforeAll(async () => {
    plane = openOwnPlane()
    cluster = openCluster(plane.kubeconfig)
    for (const name of [HOME, SHOP]) await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    const all = objectsOf(await succeed(plane.kubectl, ['kustomize', NAMESPACED]))
    overlay = all.filter(({ kind }) => kind !== 'Deployment')
    await succeed(plane.kubectl, ['apply', '--server-side', '-f', '-'], listOf(overlay))
    operator = openCluster(await plane.userKubeconfig({ namespace: HOME, name: HOME }))
    await cluster.apply([
      secretIn('foreign-key-1', { stringData: { password: 'x' } }),
      secretIn('live-key-1', {
        type: 'kubernetes.io/tls',
        metadata: { name: 'live-key-1', namespace: SHOP, ...MARK },
        data: { 'tls.crt': '', 'tls.key': '' },
      }),
      orderIn(SHOP, 'of-shop', { suspend: true }),
    ])
    await untilRefused('the policy on Secrets', () => createSecretDry(operator, SHOP, { metadata: { name: 'early' } }))
    await untilRefused('the policy on orders', () => operator.patch(order, { metadata: { labels: { early: 'yes' } } }))
  }, 120_000)
  afterAll(async () => {
    for (const name of ['foreign-key-1', 'live-key-1']) await cluster.remove(secret(name))
    await cluster.remove(order)
    await succeed(plane.kubectl, ['delete', '--ignore-not-found', '-f', '-'], listOf(overlay))
  })

  test.each([
    ['delete a foreign Secret', () => operator.remove(secret('foreign-key-1')), /is not the operator's/],
    [
      'change a foreign Secret',
      () => operator.patch(secret('foreign-key-1'), { data: { password: 'eQ==' } }),
      /is not the operator's/,
    ],
    [
      'delete the certificate of an order',
      () => operator.remove(secret('live-key-1')),
      /deletes only Secrets of the type/,
    ],
    [
      'make a Secret without its mark',
      () => createSecretDry(operator, SHOP, { metadata: { name: 'plain' } }),
      /makes only Secrets with the label/,
    ],
    [
      'change the spec of an order',
      () => operator.patch(order, { spec: { suspend: false } }),
      /changes nothing of orders and accounts but its finalizer/,
    ],
  ])('may not %s', async (_what, attempt, says) => {
    expect(await refusal(attempt())).toMatch(says)
  })

  test('may put its finalizer on an order, and make its own Secrets', async () => {
    const type = `${PREFIX}/private-key`
    await createSecretDry(operator, SHOP, { metadata: { name: 'of-shop-key-1', ...MARK }, type })

    await operator.patch(order, { metadata: { finalizers: [`${PREFIX}/deletion`] } })
    expect((await cluster.get(order))?.metadata.finalizers).toEqual([`${PREFIX}/deletion`])
    await operator.patch(order, { metadata: { finalizers: null } })
    expect((await cluster.get(order))?.metadata.finalizers).toBeUndefined()
  })

  test('works in the namespaces of the overlay only', async () => {
    const elsewhere = { metadata: { name: 'any', namespace: 'default', ...MARK } }
    expect(await refusal(createSecretDry(operator, 'default', elsewhere))).toMatch(/cannot create resource "secrets"/)
  })
})
