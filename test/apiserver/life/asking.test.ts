import { afterEach, describe, expect, test } from '@jest/globals'
import { conditionOf, orderIdOf, orderNamed } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'
import { waitFor } from '../../support/wait-for.ts'

const here = holdTimeMachine('file')
afterEach(() => here.machine.certCentral.changeSettings({ approval: 'none' }))

const readyOf = async (name: string) => conditionOf(await here.machine.order(name), 'Ready')?.status

describe('a reissue that is asked for by annotation', () => {
  test('while the order waits for approval is met by the first certificate of it, or by one more, and never bought', async () => {
    await here.machine.certCentral.changeSettings({ approval: 'one-step' })
    await here.machine.apply(orderNamed('early'))
    const order = await here.life.says('early', 'AwaitingApproval')

    await here.life.annotate('early', { 'reissue-requested-at': 'first' })
    await here.machine.certCentral.changeSettings({ approval: 'none' })
    await here.machine.certCentral.approve(orderIdOf(order))
    await here.machine.travel(1 / 48)

    await here.machine.until('early', 'the echo', ({ status }) => status?.lastHandledReissueRequestedAt === 'first')
    await here.life.looked('early')
    const paid = (await here.life.journal('early')).filter((entry) => entry.paid)
    expect(paid).toHaveLength(1)
  })

  test('is met once for each value, and not again by the loss of the status', async () => {
    await here.life.applied('each')
    for (const [at, value] of ['first', 'second'].entries()) {
      await here.life.annotate('each', { 'reissue-requested-at': value })
      await here.life.revised('each', at + 2)
    }

    const order = { kind: 'DigiCertOrder', namespace: here.machine.namespace, name: 'each' }
    await here.machine.cluster.patch(order, { status: null }, 'status')

    await here.machine.until('each', 'the echo', ({ status }) => status?.lastHandledReissueRequestedAt === 'second')
    await here.life.looked('each')
    expect(await here.life.happened('each')).toEqual(['order', 'reissue', 'reissue'])
  })

  test('while the order is suspended waits for its release, and is echoed then', async () => {
    await here.life.applied('held')
    await here.life.edit('held', { suspend: true })
    await here.life.says('held', 'Suspended')

    await here.life.annotate('held', { 'reissue-requested-at': 'meanwhile' })
    await here.machine.travel(3)
    await here.life.says('held', 'Suspended')
    expect((await here.machine.order('held')).status?.lastHandledReissueRequestedAt).toBeUndefined()
    expect(await here.life.happened('held')).toEqual(['order'])

    await here.life.edit('held', { suspend: null })
    const { status } = await here.life.revised('held', 2)
    expect(status?.lastHandledReissueRequestedAt).toBe('meanwhile')
    expect(await here.life.happened('held')).toEqual(['order', 'reissue'])
  })
})

describe('an order that is suspended', () => {
  test('past its reissue is left alone, is not Ready once its certificate lapsed, and is reissued when it is let go', async () => {
    const { status } = await here.life.applied('lapsed')
    await here.life.edit('lapsed', { suspend: true })
    await here.life.says('lapsed', 'Suspended')

    await here.machine.travelTo(new Date(Date.parse(status?.certificate?.notAfter ?? '') - 86_400_000))
    await here.life.says('lapsed', 'Suspended')
    expect(await readyOf('lapsed')).toBe('True')
    await here.machine.travel(2)
    await here.machine.until('lapsed', 'its lapse', (order) => conditionOf(order, 'Ready')?.status === 'False')
    expect(await here.life.happened('lapsed')).toEqual(['order'])

    await here.life.edit('lapsed', { suspend: null })
    await here.life.revised('lapsed', 2)
    expect(await readyOf('lapsed')).toBe('True')
    expect(await here.life.happened('lapsed')).toEqual(['order', 'reissue'])
  })

  test('past the end of its plan is not renewed, and once when it is let go', async () => {
    await here.life.applied('ended')
    await here.machine.travel(1.01)
    const { status } = await here.life.looked('ended')
    await here.machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
    const { status: reissued } = await here.life.revised('ended', 2)
    await here.life.edit('ended', { suspend: true })
    await here.life.says('ended', 'Suspended')
    await here.machine.travelTo(new Date(Date.parse(reissued?.certificate?.notAfter ?? '') - 86_400_000))
    await here.life.says('ended', 'Suspended')
    expect(await here.life.happened('ended')).toEqual(['order', 'reissue'])

    await here.life.edit('ended', { suspend: null })
    await here.life.revised('ended', 3)
    await here.life.looked('ended')
    expect(await here.life.happened('ended')).toEqual(['order', 'reissue', 'renewal'])
  })

  test('and deleted is ended as its policy says', async () => {
    await here.life.applied('leaving', { deletionPolicy: 'RevokeCertificate' })
    await here.life.edit('leaving', { suspend: true })
    await here.life.says('leaving', 'Suspended')

    await here.life.remove('leaving')

    await here.life.isGone('leaving')
    expect(await here.life.happened('leaving')).toEqual(['order', 'revoke'])
  })
})

describe('an order that waits for people for days', () => {
  test('has an Event and a sentence a day that say since when, what DigiCert found and when it is asked next', async () => {
    await here.machine.certCentral.changeSettings({ instant: false, ownDcvPolling: false })
    await here.machine.apply(orderNamed('patient', { dcv: { method: 'dns-txt-token' } }))
    await here.machine.until(
      'patient',
      'a first check',
      ({ status }) => status?.validation?.[0]?.checkedAt !== undefined,
    )
    const events = async (): Promise<string[]> =>
      (await here.machine.cluster.events(here.machine.namespace, 'patient'))
        .filter(({ reason }) => reason === 'AwaitingValidation')
        .map(({ message }) => message)
    await waitFor(async () => (await events()).length === 1, { what: 'the first Event', limitMs: 10_000 })

    for (const days of [2, 3]) {
      await here.machine.travel(1)
      await waitFor(async () => (await events()).length === days, { what: `Event ${days}`, limitMs: 10_000 })
    }
    const last = (await events()).at(-1)
    const day = here.machine.now().toISOString().slice(0, 10)
    expect(last).toMatch(
      /publish TXT _dnsauth\.patient\.example\.com = \w+\. At .* DigiCert (?:found no proof yet \(pending\)|did not find it \(invalid_dns_txt\))/,
    )
    expect(last).toContain(`the operator asks for the next check at ${day}`)
    expect(last).toMatch(/Waiting since [-\d]+ [:\d]+ UTC$/)
    expect(await here.life.happened('patient')).toEqual(['order'])
  })

  test('names the organization that DigiCert validates, beside the record', async () => {
    await here.machine.certCentral.changeSettings({ instant: false, ownDcvPolling: false })
    const organization = {
      name: 'New Flowers GmbH',
      address: 'Weg 1',
      city: 'Berlin',
      state: 'Berlin',
      zip: '10115',
      country: 'DE',
      telephone: '+49 30 1234567',
    }
    await here.machine.apply(
      orderNamed('flowers', { product: 'ssl_basic', dcv: { method: 'dns-txt-token' }, organization }),
    )
    const order = await here.machine.until('flowers', 'the organization', ({ status }) =>
      Boolean(status?.organizationValidation?.length),
    )
    expect(order.status?.organizationValidation).toEqual([{ type: 'ov', status: 'pending' }])
    expect(conditionOf(order, 'Issuing')?.message).toMatch(
      /publish TXT .* DigiCert validates the organization \(ov: pending\)/,
    )
  })
})
