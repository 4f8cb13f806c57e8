import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bed, bought, leaks, orderPost, place, startBed, untilBought, untilReady } from '../../support/bad-days.ts'
import { waitFor } from '../../support/wait-for.ts'

let bed: Bed
beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed.close())

const callsSoFar = async () => (await bed.control.calls()).total

describe('an operator that is killed', () => {
  test('between the POST and its next write finds its order again: one order, and the Secret appears', async () => {
    await bed.control.addFault({ match: orderPost(), action: 'hang', after: true })
    await place(bed, 'killed')
    await untilBought(bed, 'killed')

    await bed.operator.kill('SIGKILL')
    const { status } = (await bed.cluster.order(bed.namespace, 'killed'))!
    expect(status?.intent?.sentAt).toBeDefined()
    expect(status?.order).toBeUndefined()
    await bed.operator.restart()

    await untilReady(bed, 'killed')
    expect(await bought(bed, 'killed')).toHaveLength(1)
    expect((await bed.cluster.secret(bed.namespace, 'killed-tls'))?.data['tls.crt']).toBeDefined()
  })

  test('while CertCentral cuts the line after the POST has the same end', async () => {
    await bed.control.addFault({ match: orderPost(), action: 'drop-after' })
    await place(bed, 'dropped')
    await untilBought(bed, 'dropped')

    await bed.operator.kill('SIGKILL')
    await bed.operator.restart()

    await untilReady(bed, 'dropped')
    expect(await bought(bed, 'dropped')).toHaveLength(1)
  })

  test('twenty times around ordering buys each order once', async () => {
    const names = Array.from({ length: 20 }, (_, round) => `loop-${round}`)
    await bed.operator.kill()
    // One that dies between the mark and the POST leaves an order that nobody has: its id is posted again, once settled.
    await bed.control.changeSettings({ approval: 'none', uniqueAlternativeOrderIds: true })
    await bed.cluster.apply(raisedLimit())
    const operator = await bed.startOperator({
      until: 'started',
      flags: { 'request-timeout': '1s', 'unknown-outcome-timeout': '8s' },
    })
    for (const [round, name] of names.entries()) {
      const before = await callsSoFar()
      await place(bed, name)
      // Dies after its first, second … sixth call: the key is tried, the id looked up, the order placed.
      await waitFor(async () => (await callsSoFar()) > before + (round % 6), {
        what: `call ${(round % 6) + 1} of round ${round}`,
        limitMs: 20_000,
        everyMs: 1,
      })
      await operator.kill('SIGKILL')
      await operator.restart()
    }

    for (const name of names) await untilReady(bed, name, 60_000)
    const paid = (await bed.control.paid()).filter(({ body }) => JSON.stringify(body).includes('"loop-'))
    expect(paid).toHaveLength(names.length)
    expect(new Set(paid.map(({ alternativeOrderId }) => alternativeOrderId)).size).toBe(names.length)
    await operator.kill()
    await bed.operator.restart()
  }, 180_000)
})

describe('an operator that is asked to stop', () => {
  test('while an order is being placed waits for the answer, writes it down, and ends with 0', async () => {
    await bed.control.addFault({ match: orderPost(), action: 'hang', seconds: 2 })
    const before = await callsSoFar()
    await place(bed, 'asked')
    // The order, after the look-up.
    await waitFor(
      async () =>
        (await callsSoFar()) > before && (await bed.cluster.order(bed.namespace, 'asked'))?.status?.intent?.sentAt,
      { what: 'order that is being placed', limitMs: 10_000, everyMs: 10 },
    )

    const code = await bed.operator.stop()

    expect(code).toBe(0)
    const paid = await bought(bed, 'asked')
    expect(paid).toHaveLength(1)
    expect((await bed.cluster.order(bed.namespace, 'asked'))?.status?.order?.id).toBe(paid[0]?.orderId)

    await bed.operator.restart()
    await untilReady(bed, 'asked')
    expect(await bought(bed, 'asked')).toHaveLength(1)
  })
})

const raisedLimit = () => ({
  apiVersion: 'digicert-operator.io/v1alpha1',
  kind: 'DigiCertAccount',
  metadata: { name: 'certcentral', namespace: bed.namespace },
  spec: {
    url: bed.simulator.url,
    apiKeySecretRef: { name: 'certcentral' },
    uniqueAlternativeOrderIds: true,
    policy: { maxOrdersPerDay: 1000 },
    requestsPerSecond: 5,
  },
})

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
