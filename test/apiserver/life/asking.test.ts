import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { conditionOf, orderIdOf, orderNamed } from '../../support/journey.ts'
import { type Life, lifeOf } from '../../support/life.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

let machine: TimeMachine
let life: Life
beforeAll(async () => {
  machine = await startTimeMachine()
  life = lifeOf(machine)
})
afterAll(() => machine.close())
afterEach(async () => {
  await machine.certCentral.changeSettings({ approval: 'none' })
  expect(await machine.faults()).toEqual([])
})

const readyOf = async (name: string) => conditionOf(await machine.order(name), 'Ready')?.status

describe('a reissue that is asked for by annotation', () => {
  test('while the order waits for approval is met by the first certificate of it, or by one more, and never bought', async () => {
    await machine.certCentral.changeSettings({ approval: 'one-step' })
    await machine.apply(orderNamed('early'))
    const order = await life.says('early', 'AwaitingApproval')

    await life.annotate('early', { 'reissue-requested-at': 'first' })
    await machine.certCentral.changeSettings({ approval: 'none' })
    await machine.certCentral.approve(orderIdOf(order))
    await machine.travel(1 / 48)

    await machine.until('early', 'the echo', ({ status }) => status?.lastHandledReissueRequestedAt === 'first')
    await life.looked('early')
    const paid = (await life.journal('early')).filter((entry) => entry.paid)
    expect(paid).toHaveLength(1)
  })

  test('is met once for each value, and not again by the loss of the status', async () => {
    await life.applied('each')
    for (const [at, value] of ['first', 'second'].entries()) {
      await life.annotate('each', { 'reissue-requested-at': value })
      await life.revised('each', at + 2)
    }

    const order = { kind: 'DigiCertOrder', namespace: machine.namespace, name: 'each' }
    await machine.cluster.patch(order, { status: null }, 'status')

    await machine.until('each', 'the echo', ({ status }) => status?.lastHandledReissueRequestedAt === 'second')
    await life.looked('each')
    expect(await life.happened('each')).toEqual(['order', 'reissue', 'reissue'])
  })

  test('while the order is suspended waits for its release, and is echoed then', async () => {
    await life.applied('held')
    await life.edit('held', { suspend: true })
    await life.says('held', 'Suspended')

    await life.annotate('held', { 'reissue-requested-at': 'meanwhile' })
    await machine.travel(3)
    await life.says('held', 'Suspended')
    expect((await machine.order('held')).status?.lastHandledReissueRequestedAt).toBeUndefined()
    expect(await life.happened('held')).toEqual(['order'])

    await life.edit('held', { suspend: null })
    const { status } = await life.revised('held', 2)
    expect(status?.lastHandledReissueRequestedAt).toBe('meanwhile')
    expect(await life.happened('held')).toEqual(['order', 'reissue'])
  })
})

describe('an order that is suspended', () => {
  test('past its reissue is left alone, is not Ready once its certificate lapsed, and is reissued when it is let go', async () => {
    const { status } = await life.applied('lapsed')
    await life.edit('lapsed', { suspend: true })
    await life.says('lapsed', 'Suspended')

    await machine.travelTo(new Date(Date.parse(status?.certificate?.notAfter ?? '') - 86_400_000))
    await life.says('lapsed', 'Suspended')
    expect(await readyOf('lapsed')).toBe('True')
    await machine.travel(2)
    await machine.until('lapsed', 'its lapse', (order) => conditionOf(order, 'Ready')?.status === 'False')
    expect(await life.happened('lapsed')).toEqual(['order'])

    await life.edit('lapsed', { suspend: null })
    await life.revised('lapsed', 2)
    expect(await readyOf('lapsed')).toBe('True')
    expect(await life.happened('lapsed')).toEqual(['order', 'reissue'])
  })

  test('past the end of its plan is not renewed, and once when it is let go', async () => {
    await life.applied('ended')
    await machine.travel(1.01)
    const { status } = await life.looked('ended')
    await machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
    const { status: reissued } = await life.revised('ended', 2)
    await life.edit('ended', { suspend: true })
    await life.says('ended', 'Suspended')
    await machine.travelTo(new Date(Date.parse(reissued?.certificate?.notAfter ?? '') - 86_400_000))
    await life.says('ended', 'Suspended')
    expect(await life.happened('ended')).toEqual(['order', 'reissue'])

    await life.edit('ended', { suspend: null })
    await life.revised('ended', 3)
    await life.looked('ended')
    expect(await life.happened('ended')).toEqual(['order', 'reissue', 'renewal'])
  })

  test('and deleted is ended as its policy says', async () => {
    await life.applied('leaving', { deletionPolicy: 'RevokeCertificate' })
    await life.edit('leaving', { suspend: true })
    await life.says('leaving', 'Suspended')

    await life.remove('leaving')

    await life.isGone('leaving')
    expect(await life.happened('leaving')).toEqual(['order', 'revoke'])
  })
})
