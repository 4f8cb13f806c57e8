import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { type Bed, leaks, orderIn, startBed } from '../../support/bad-days.ts'
import { isReady } from '../../support/cluster.ts'
import { guardedDirectory } from '../../support/guard.ts'
import { kubectlFor, succeed } from '../../support/kubectl.ts'
import { findKubectl } from '../../support/programs.ts'
import { waitFor } from '../../support/wait-for.ts'

const COUNT = 200
/* What README.md promises. */
const WRITES_PER_CERTIFICATE = 6
/* At 5.5 calls per second and after the first burst, 400 calls take about a minute. */
const LIMIT = 300_000

let bed: Bed
beforeAll(async () => {
  // The poll of a user: each second, it would find an order issued before its own pass has written that down.
  const flags = { 'poll-interval': '60s' }
  bed = await startBed({ flags, account: { policy: { maxOrdersPerDay: 1000 }, requestsPerSecond: 5.5 } })
})
afterAll(() => bed.close())

test(
  'two hundred orders applied at once are all Ready, and two hundred are bought',
  async () => {
    const names = Array.from({ length: COUNT }, (_, index) => `order-${index}`)
    const file = join(guardedDirectory('two-hundred'), 'orders.json')
    const items = names.map((name) => orderIn(bed.namespace, name))
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    const kubectl = kubectlFor(await findKubectl(process.env, () => undefined), process.env['KUBECONFIG'] ?? '')
    const before = await writes()
    const began = performance.now()

    await succeed(kubectl, ['apply', '-f', file])
    await waitFor(allReady, { what: `${COUNT} orders that are Ready`, limitMs: LIMIT, everyMs: 500 })

    const seconds = (performance.now() - began) / 1000
    const perCertificate = difference(before, await writes())
    process.stderr.write(`${COUNT} orders Ready after ${seconds.toFixed(1)} s; ${JSON.stringify(perCertificate)}\n`)
    const paid = await bed.control.paid()
    expect(paid).toHaveLength(COUNT)
    expect(new Set(paid.map(({ alternativeOrderId }) => alternativeOrderId)).size).toBe(COUNT)
    const { byEndpoint } = await bed.control.calls()
    expect(byEndpoint).toMatchObject({
      'GET /order/alternate/{alternative_order_id}': COUNT,
      'POST /order/certificate/{product_id}': COUNT,
    })
    expect(otherCalls(byEndpoint)).toEqual([])
    expect(perCertificate.total).toBeLessThanOrEqual(WRITES_PER_CERTIFICATE)
    expect(await leaks(bed)).toEqual([])
  },
  LIMIT + 30_000,
)

async function allReady(): Promise<boolean> {
  const orders = (await bed.cluster.list({
    kind: 'DigiCertOrder',
    namespace: bed.namespace,
  })) as unknown as DigiCertOrder[]
  return orders.length === COUNT && orders.every(isReady)
}

/* Besides the two calls of each order, only those that an account makes: whose key it is, and its feed. */
const otherCalls = (byEndpoint: Readonly<Record<string, number>>): string[] =>
  Object.keys(byEndpoint).filter(
    (endpoint) =>
      !/\/order\/alternate\/|\/order\/certificate\/(\{product_id\}|status-changes)|\/user\/me/.test(endpoint),
  )

type Writes = Readonly<Record<string, number>>

/**
 * Writes of the operator so far, by kind, as the API server counts them: of Secrets and of statuses, dry runs left out.
 * Nothing else runs on this API server that writes these.
 */
async function writes(): Promise<Writes> {
  // The metrics are no JSON, and come as the message of an object.
  const { message } = (await bed.cluster.send({ method: 'GET', path: '/metrics' })) as { message: string }
  const counts: Record<string, number> = {}
  for (const line of message.split('\n')) {
    const { kind, count } = writeOf(line) ?? {}
    if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + (count ?? 0)
  }
  return counts
}

/* No deletions: on this way the operator makes none, while namespaces of earlier tests are still being emptied. */
const WRITING = ['POST', 'PUT', 'PATCH', 'APPLY']
const COUNTED = /^(secrets|digicertorders\/status|digicertaccounts\/status)$/

function writeOf(line: string): { kind: string; count: number } | undefined {
  const [, labels, count] = /^apiserver_request_total\{(.*)\} (\S+)$/.exec(line) ?? []
  if (labels === undefined) return undefined
  const label = (name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
  const subresource = label('subresource')
  const resource = subresource === '' ? label('resource') : `${label('resource')}/${subresource}`
  const isCounted = WRITING.includes(label('verb')) && label('dry_run') === '' && COUNTED.test(resource)
  return isCounted ? { kind: `${label('verb')} ${resource}`, count: Number(count) } : undefined
}

function difference(before: Writes, after: Writes): { total: number; byKind: Writes } {
  const byKind = Object.fromEntries(
    Object.entries(after)
      .map(([kind, count]) => [kind, (count - (before[kind] ?? 0)) / COUNT] as const)
      .filter(([, count]) => count > 0),
  )
  return { total: Object.values(byKind).reduce((sum, count) => sum + count, 0), byKind }
}
