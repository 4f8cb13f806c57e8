import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ACCOUNT_REASONS, ORDER_REASONS } from '../../../src/api/reasons.ts'
import { beginJourney, eventually, type Journey, orderIdOf, orderNamed, sentenceOf } from '../../support/journey.ts'
import { succeed } from '../../support/kubectl.ts'

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true, approval: 'one-step' } })
})
afterAll(() => journey.close())

const eventsOf = (name: string) => journey.cluster.events(journey.namespace, name)

const told = (name: string, reason: string) =>
  eventually(`event ${reason}`, async () => (await eventsOf(name)).find((event) => event.reason === reason))

const FEED = 'GET /order/certificate/status-changes'
const polled = async () => (await journey.certCentral.calls()).byEndpoint[FEED] ?? 0

describe('the Events of an order', () => {
  test('tell each thing once, in words of the docs, and kubectl describe shows them', async () => {
    await journey.apply(orderNamed('told'))
    const waiting = await journey.says('told', 'AwaitingApproval')
    const before = await polled()
    await eventually('three polls', async () => (await polled()) >= before + 3)
    await journey.certCentral.approve(orderIdOf(waiting))
    const issued = await journey.ready('told')
    await told('told', 'Issued')

    const events = await eventsOf('told')
    expect(events.map(({ type, reason, count }) => [type, reason, count])).toEqual([
      ['Normal', 'AwaitingApproval', 1],
      ['Normal', 'Issued', 1],
    ])
    expect(events.map(({ message }) => message)).toEqual([sentenceOf(waiting), sentenceOf(issued)])

    const text = await succeed(journey.kubectl, ['describe', 'dco', 'told', '-n', journey.namespace])
    const shown = text.slice(text.indexOf('Events:'))
    expect(shown).toMatch(/Normal\s+AwaitingApproval\s.*digicert-operator\s+Order \d+ waits for approval of request/)
    expect(shown).toMatch(/Normal\s+Issued\s/)
  })

  test('count up when the same thing happens again', async () => {
    await journey.certCentral.changeSettings({ approval: 'none' })
    await journey.apply(orderNamed('again'))
    const order = await journey.ready('again')
    for (const word of ['escrowed', 'issued', 'escrowed', 'issued']) {
      await journey.certCentral.setStatus(orderIdOf(order), word)
      await journey.says('again', word === 'issued' ? 'Issued' : 'UnknownStatus')
    }

    await eventually('two counts', async () => {
      const counts = (await eventsOf('again')).map(({ reason, count }) => [reason, count])
      return (
        JSON.stringify(counts.toSorted()) ===
        JSON.stringify([
          ['Issued', 3],
          ['UnknownStatus', 2],
        ])
      )
    })
  })

  test('warn of what needs a person, and say it as the condition does', async () => {
    await journey.certCentral.changeSettings({ approval: 'none' })
    await journey.apply(orderNamed('warned'))
    const order = await journey.ready('warned')
    await journey.certCentral.setStatus(orderIdOf(order), 'revoked')
    const revoked = await journey.says('warned', 'OrderRevoked')

    const event = await told('warned', 'OrderRevoked')

    expect([event.type, event.message]).toEqual(['Warning', sentenceOf(revoked)])
  })

  test('have reasons that the docs know, all of them', async () => {
    const events = await journey.cluster.list({ kind: 'Event', namespace: journey.namespace })
    const reasons = events.map((event) => String(event['reason']))

    expect(reasons.length).toBeGreaterThan(4)
    const known = { ...ORDER_REASONS, ...ACCOUNT_REASONS }
    expect(reasons.filter((reason) => !Object.hasOwn(known, reason))).toEqual([])
  })
})

describe('kubectl get dco', () => {
  test('answers the first questions: Ready, why, which order, which Secret, until when', async () => {
    await journey.certCentral.changeSettings({ approval: 'none' })
    await journey.apply(orderNamed('listed'))
    const order = await journey.ready('listed')

    const text = await succeed(journey.kubectl, ['get', 'dco', 'listed', '-n', journey.namespace])

    const [head = '', row = ''] = text.trim().split('\n')
    expect(head.split(/\s{2,}/)).toEqual(['NAME', 'READY', 'REASON', 'ORDER', 'SECRET', 'EXPIRES', 'NEXT', 'AGE'])
    expect(row.split(/\s+/).slice(0, 6)).toEqual([
      'listed',
      'True',
      'Issued',
      String(orderIdOf(order)),
      'listed-tls',
      order.status?.certificate?.notAfter,
    ])
  })
})
