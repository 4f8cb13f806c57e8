import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  type Bed,
  bought,
  leaks,
  orderPost,
  place,
  startBed,
  untilBought,
  untilReady,
  untilWaiting,
} from '../../support/bad-days.ts'
import type { ControlPlane } from '../../support/control-plane.ts'
import { describeOwn, openOwnPlane } from '../../support/own-plane.ts'
import { waitFor } from '../../support/wait-for.ts'

/* An API server that is not ours cannot be killed. */

/* The longest pause of the operator between two tries to reach the API server, and the work itself. */
const RECOVERY = 60_000

describeOwn('an API server that dies and comes back', () => {
  let bed: Bed
  let plane: ControlPlane
  beforeAll(async () => {
    plane = openOwnPlane()
    bed = await startBed()
  })
  afterAll(() => bed.close())

  /* For some seconds after it is ready the API server still answers lists of custom resources with 429. */
  const restart = async (): Promise<void> => {
    await plane.restartApiServer()
    const lists = () =>
      Promise.all(
        ['DigiCertOrder', 'DigiCertAccount', 'Secret'].map((kind) =>
          bed.cluster.list({ kind, namespace: bed.namespace }),
        ),
      )
    await waitFor(lists, { what: 'API server that lists everything', limitMs: 30_000 })
  }

  test('while an order waits: the approval is heard, and new orders are taken', async () => {
    await bed.control.changeSettings({ approval: 'one-step' })
    await place(bed, 'waiting')
    await untilWaiting(bed, 'waiting', 'AwaitingApproval')
    await bed.control.changeSettings({ approval: 'none' })
    const { status } = (await bed.cluster.order(bed.namespace, 'waiting'))!

    await plane.killApiServer()
    await bed.control.approve(status!.order!.id)
    await waitFor(() => bed.operator.logs().some((line) => /ECONNREFUSED|no answer/.test(line)), {
      what: 'operator that noticed',
      limitMs: 30_000,
    })
    await restart()
    await place(bed, 'new')

    await untilReady(bed, 'waiting', RECOVERY)
    await untilReady(bed, 'new', RECOVERY)
    expect(await bought(bed, 'waiting')).toHaveLength(1)
    expect(await bought(bed, 'new')).toHaveLength(1)
  }, 180_000)

  test('leaves all watches alive: a Secret that is deleted afterwards is restored', async () => {
    await bed.cluster.remove({ kind: 'Secret', namespace: bed.namespace, name: 'new-tls' })

    await waitFor(() => bed.cluster.secret(bed.namespace, 'new-tls'), { what: 'restored Secret', limitMs: 20_000 })
    expect(await bought(bed, 'new')).toHaveLength(1)
  })

  test('while an order is being placed: its answer cannot be written down, and it is not placed again', async () => {
    await bed.control.addFault({ match: orderPost(), action: 'hang', after: true, seconds: 2 })
    await place(bed, 'midway')
    await untilBought(bed, 'midway')

    await plane.killApiServer()
    await waitFor(
      async () => (await bed.control.calls()).last.some(({ method, status }) => method === 'POST' && status === 201),
      {
        what: 'answer to the order',
        limitMs: 10_000,
      },
    )
    await restart()

    await untilReady(bed, 'midway', RECOVERY)
    expect(await bought(bed, 'midway')).toHaveLength(1)
  }, 120_000)

  test('does not end the operator, nor make it tell a key', async () => {
    expect(bed.operator.pid()).toBeDefined()
    expect(await leaks(bed)).toEqual([])
  })
})
