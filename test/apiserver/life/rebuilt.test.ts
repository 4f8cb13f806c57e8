import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import type { Resource } from '../../support/api-server.ts'
import { accountIn, annotate, type Bed, orderIn, place, startBed, untilReady } from '../../support/bad-days.ts'
import { type Cluster, openCluster } from '../../support/cluster.ts'
import { type ControlPlane } from '../../support/control-plane.ts'
import { describeOwn } from '../../support/own-plane.ts'
import { faultOfPair } from '../../support/secret-witness.ts'
import { startOwnTestBed } from '../../support/test-bed.ts'
import { waitFor } from '../../support/wait-for.ts'

let bed: Bed
beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed.close())

const happened = async () => (await bed.control.journal()).map(({ kind }) => kind).filter((kind) => kind !== 'issue')

/** What the journal tells of a time. */
const since = async (before: readonly string[]) => (await happened()).slice(before.length)

const idOf = ({ status }: DigiCertOrder) => status?.order?.id

/** An order that waits, one that was reissued, and one whose plan ended and was renewed: as they are at some time. */
const fillNamespace = async () => {
  await place(bed, 'fresh')
  await place(bed, 'reissued')
  await untilReady(bed, 'reissued')
  await annotate(bed, 'reissued', { 'digicert-operator.io/reissue-requested-at': 'once' })
  await bed.cluster.waitForOrder(bed.namespace, 'reissued', ({ status }) => status?.revision === 2)
  await place(bed, 'renewed')
  const first = idOf(await untilReady(bed, 'renewed'))
  await bed.control.setStatus(first ?? 0, 'expired')
  // By its dates most of the plan is ahead, so a person lets the renewal pass.
  await annotate(bed, 'renewed', { 'digicert-operator.io/release-brake': String(first) })
  await bed.cluster.waitForOrder(bed.namespace, 'renewed', ({ status }) => status?.order?.purchase === 2)
}
const NAMES = ['fresh', 'reissued', 'renewed']

const orders = (cluster: Cluster, names = NAMES) =>
  Promise.all(
    names.map((name) =>
      cluster.waitForOrder(
        bed.namespace,
        name,
        ({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true,
        60_000,
      ),
    ),
  )

const pairFault = async (cluster: Cluster, name: string) => {
  const secret = await cluster.secret(bed.namespace, `${name}-tls`)
  const data = Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([key, value]) => [key, value.toString('base64')]),
  )
  return faultOfPair({ data }, [`${name}.example.com`])
}

const KINDS = ['Secret', 'DigiCertAccount', 'DigiCertOrder'] as const

/** Everything of ours in a namespace as a backup keeps it: no status, and of the metadata what is not the cluster's. */
const backUp = async (): Promise<Resource[]> => {
  const lists = await Promise.all(KINDS.map((kind) => bed.cluster.list({ kind, namespace: bed.namespace })))
  return lists.flatMap((list, at) =>
    list.map(({ metadata, ...rest }) => {
      const kept = Object.fromEntries(Object.entries(rest).filter(([field]) => field !== 'status'))
      const { name, labels, annotations, ownerReferences } = metadata
      const apiVersion = KINDS[at] === 'Secret' ? 'v1' : 'digicert-operator.io/v1alpha1'
      return {
        ...kept,
        apiVersion,
        kind: KINDS[at],
        metadata: { name, labels, annotations, ownerReferences },
      } as Resource
    }),
  )
}

/** Deletes the namespace, waits until nothing is left of it, and makes an empty one of the same name. */
const loseNamespace = async () => {
  const reference = { kind: 'Namespace', name: bed.namespace }
  await bed.cluster.deleteNamespace(bed.namespace)
  await waitFor(async () => !(await bed.cluster.get(reference)), { what: 'end of the namespace', limitMs: 60_000 })
  await bed.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: bed.namespace } })
}

describe('a namespace that is lost with all that was in it', () => {
  test('and restored from a backup, which has no status, has its orders again, and CertCentral is asked for nothing', async () => {
    await fillNamespace()
    const before = await orders(bed.cluster)
    const [backup, journal] = [await backUp(), await happened()]

    await loseNamespace()
    await bed.cluster.apply(backup, bed.namespace)

    const after = await orders(bed.cluster)
    expect(after.map(idOf)).toEqual(before.map(idOf))
    expect(after.map(({ status }) => status?.certificate?.serialNumber)).toEqual(
      before.map(({ status }) => status?.certificate?.serialNumber),
    )
    expect(await Promise.all(NAMES.map((name) => pairFault(bed.cluster, name)))).toEqual(NAMES.map(() => undefined))
    expect(await since(journal)).toEqual([])
  }, 150_000)

  test('and made again from Git, without a Secret, has its orders again by free reissues', async () => {
    const before = await orders(bed.cluster)
    const journal = await happened()

    await loseNamespace()
    await bed.cluster.apply(accountIn(bed, 'certcentral'))
    for (const name of NAMES) await place(bed, name)

    const after = await orders(bed.cluster)
    expect(after.map(idOf)).toEqual(before.map(idOf))
    expect(await Promise.all(NAMES.map((name) => pairFault(bed.cluster, name)))).toEqual(NAMES.map(() => undefined))
    expect(await since(journal)).toEqual(['reissue', 'reissue', 'reissue'])
  }, 150_000)
})

/* The control plane of somebody else has no second one. */
describeOwn('a cluster that is built anew', () => {
  let plane: ControlPlane
  let cluster: Cluster
  beforeAll(async () => {
    plane = await startOwnTestBed(process.env, () => undefined)
    cluster = openCluster(plane.kubeconfig)
  }, 60_000)
  afterAll(() => plane.stop())

  test('finds the orders of the old one by its --cluster-id, and buys nothing', async () => {
    const before = await orders(bed.cluster)
    const journal = await happened()
    await bed.operator.stop()

    await cluster.apply([bed.namespace, bed.otherNamespace, bed.operatorNamespace].map(namespaceOf))
    await bed.startOperator({ kubeconfig: plane.kubeconfig })
    await cluster.apply([...accountIn(bed, 'certcentral'), ...NAMES.map((name) => orderIn(bed.namespace, name))])

    const after = await orders(cluster)
    expect(after.map(idOf)).toEqual(before.map(idOf))
    expect(after.map(({ status }) => status?.history?.map(({ what }) => what))).toEqual(
      NAMES.map(() => ['Adopted', 'Reissued']),
    )
    expect(await Promise.all(NAMES.map((name) => pairFault(cluster, name)))).toEqual(NAMES.map(() => undefined))
    expect(await since(journal)).toEqual(['reissue', 'reissue', 'reissue'])
  }, 150_000)
})

const namespaceOf = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
