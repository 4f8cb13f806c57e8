import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ORDER_REASONS } from '../../../src/api/reasons.ts'
import { VERSION } from '../../../src/version.ts'
import type { Resource } from '../../support/api-server.ts'
import { documentedCommands } from '../../support/documented.ts'
import { guardedDirectory } from '../../support/guard.ts'
import { CHART } from '../../support/helm.ts'
import { assembleImage } from '../../support/image.ts'
import {
  type BareCluster,
  HOME,
  type Images,
  install,
  runInstalled,
  startBareCluster,
} from '../../support/installed.ts'
import { eventually, orderIdOf, orderNamed, reasonOf } from '../../support/journey.ts'
import { succeed } from '../../support/kubectl.ts'
import type { RunningPod } from '../../support/pod.ts'
import { NEW_IN_CRD, PREVIOUS, previousCheckout } from '../../support/previous-release.ts'

const LIMIT = 60_000

let bed: BareCluster
let images: Images
let shop: string
let pod: RunningPod

beforeAll(async () => {
  const previous = previousCheckout()
  const [before, now, bare] = await Promise.all([assembleImage(previous), assembleImage(), startBareCluster()])
  images = { [PREVIOUS]: before, [VERSION]: now }
  bed = bare
  await install(bed, [], join(previous, 'helm/digicert-operator'))
  shop = await bed.newShop()
  pod = await runInstalled(bed, images)
  await placeOrders()
}, 180_000)
afterAll(async () => {
  await pod.stop()
  await bed.close()
})

const place = (name: string, changes: object = {}) => bed.cluster.apply(orderNamed(name, changes), shop)

const says = (name: string, reason: keyof typeof ORDER_REASONS) =>
  bed.cluster.waitForOrder(shop, name, (order) => reasonOf(order) === reason, LIMIT)

const placeOrders = async (): Promise<void> => {
  await place('issued')
  await says('issued', 'Issued')
  await bed.certCentral.changeSettings({ approval: 'one-step' })
  await place('unapproved')
  await says('unapproved', 'AwaitingApproval')
  await bed.certCentral.changeSettings({ approval: 'none', instant: false, ownDcvPolling: false })
  // Mail is the one method that nothing is asked again for while it waits.
  await place('unproven', { dcv: { method: 'email' } })
  await says('unproven', 'AwaitingValidation')
}

/** Runs the commands of the page; files that it names are those of this test. */
const follow = async (heading: string): Promise<void> => {
  const values = join(guardedDirectory('values'), 'values.yaml')
  writeFileSync(values, JSON.stringify({ allowedHosts: [bed.allowedHost], allowHttp: true, pollInterval: '1s' }))
  for (const [program, ...args] of documentedCommands('docs/upgrade.md', heading)) {
    const ours = args.map((arg) => (arg.endsWith('.tgz') ? CHART : arg === 'values.yaml' ? values : arg))
    await (program === 'helm' ? bed.helm(...ours) : succeed(bed.plane.kubectl, ours))
  }
}

const leads = ({ pod: { metadata } }: RunningPod) =>
  eventually(
    `leadership of ${metadata.name ?? ''}`,
    async () => {
      const lease = await bed.cluster.get({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        namespace: HOME,
        name: 'digicert-operator',
      })
      const { holderIdentity } = (lease as unknown as { spec: { holderIdentity?: string } }).spec
      return holderIdentity?.startsWith(metadata.name ?? '-') === true
    },
    LIMIT,
  )

const FEED = 'status-changes'

/** Waits until the feed was asked that often from now on. */
const polls = async (times: number): Promise<void> => {
  const count = async () => (await bed.certCentral.calls()).last.filter(({ path }) => path.includes(FEED)).length
  const before = await count()
  await eventually(`${times} looks at the feed`, async () => (await count()) >= before + times, LIMIT)
}

/** Lets the next pod come up beside the one that leads, ends the old one, and waits until the new one has done its round. */
const rollOut = async (): Promise<void> => {
  const old = pod
  const next = await runInstalled(bed, images)
  await leads(old)
  expect(await old.stop()).toBe(0)
  pod = next
  await leads(next)
  await polls(3)
}

const versions = async (kind: string): Promise<Record<string, string>> => {
  const items = await bed.cluster.list({ kind, namespace: shop })
  return Object.fromEntries(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? '']))
}

/** What must be the same after an upgrade, a rollback and a reinstallation. */
const belongings = async () => ({
  secrets: await versions('Secret'),
  orders: await versions('DigiCertOrder'),
  paid: (await bed.certCentral.paid()).map(({ orderId }) => orderId),
})

/** Calls to CertCentral that are neither the feed nor a look at whose key it is. */
const otherCalls = async () =>
  (await bed.certCentral.calls()).last
    .map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)
    .filter((call) => !call.includes(FEED) && !call.endsWith('/user/me'))

const kind = async () => {
  const name = 'digicertorders.digicert-operator.io'
  const crd = (await bed.cluster.get({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    name,
  })) as (Resource & { spec: { versions: [CrdVersion] } }) | undefined
  const { additionalPrinterColumns, schema } = crd!.spec.versions[0]
  return {
    hasColumn: additionalPrinterColumns.some((column) => column.name === NEW_IN_CRD.column),
    hasField: NEW_IN_CRD.field in schema.openAPIV3Schema.properties.spec.properties,
  }
}
type CrdVersion = {
  additionalPrinterColumns: { name: string }[]
  schema: { openAPIV3Schema: { properties: { spec: { properties: object } } } }
}

describe('with an order that is issued, one that waits for approval and one for validation', () => {
  test.each([
    ['Upgrade', VERSION, { hasColumn: true, hasField: true }],
    ['Rollback', PREVIOUS, { hasColumn: false, hasField: false }],
  ])(
    '%s to %s changes the kinds, and no order and no Secret, and calls CertCentral for the feed only',
    async (heading, version, expected) => {
      const before = await belongings()
      await bed.certCentral.resetCalls()
      await follow(heading)
      await rollOut()

      expect(pod.pod.spec.containers[0]?.image).toBe(`digicert-operator:${version}`)
      expect(await kind()).toEqual(expected)
      expect(await belongings()).toEqual(before)
      expect(await otherCalls()).toEqual([])
    },
    2 * LIMIT,
  )

  test(
    'an order that is placed while both versions run is bought once',
    async () => {
      await follow('Upgrade')
      const next = await runInstalled(bed, images)
      await place('meanwhile')
      const meanwhile = await says('meanwhile', 'AwaitingValidation')
      await bed.certCentral.issue(orderIdOf(meanwhile))
      await says('meanwhile', 'Issued')
      const paid = await bed.certCentral.paid()
      await pod.stop()
      pod = next
      await leads(next)
      await polls(3)

      expect(paid.filter(({ orderId }) => orderId === orderIdOf(meanwhile))).toHaveLength(1)
      expect(await bed.certCentral.paid()).toEqual(paid)
    },
    2 * LIMIT,
  )

  test(
    'Uninstall leaves kinds, orders and Secrets, and Reinstall finds the orders again and buys nothing',
    async () => {
      const before = await belongings()
      await bed.certCentral.resetCalls()
      await pod.stop()
      await follow('Uninstall')
      expect(await belongings()).toEqual(before)

      await follow('Reinstall')
      pod = await runInstalled(bed, images)
      await leads(pod)
      await polls(3)
      expect(await belongings()).toEqual(before)
      expect(await otherCalls()).toEqual([])
    },
    2 * LIMIT,
  )

  test(
    'what waited goes on to its end',
    async () => {
      const id = orderIdOf((await bed.cluster.order(shop, 'unapproved'))!)
      await bed.certCentral.approve(id)
      await bed.certCentral.issue(id)
      await says('unapproved', 'Issued')
      expect(await bed.certCentral.paid()).toHaveLength(4)
    },
    2 * LIMIT,
  )

  test(
    'Remove everything leaves nothing but the Secrets of certificates',
    async () => {
      await follow('Remove everything')

      const kinds = await succeed(bed.plane.kubectl, ['get', 'crd', '-o', 'name'])
      expect(kinds).not.toContain('digicert-operator.io')
      expect(await bed.helm('list', '-A', '--short')).toBe('')
      const managed = await bed.cluster.list({ kind: 'Secret', namespace: shop })
      const kept = managed.filter(({ metadata }) => metadata.labels?.['digicert-operator.io/managed'] !== undefined)
      expect(
        kept
          .map(({ metadata }) => metadata.name)
          .filter((name) => name.endsWith('-tls'))
          .sort(),
      ).toEqual(['issued-tls', 'meanwhile-tls', 'unapproved-tls'])
    },
    2 * LIMIT,
  )
})
