import { afterEach, describe, expect, test } from '@jest/globals'
import { createCsr } from '../../../src/pki/csr.ts'
import { generateKey } from '../../../src/pki/keys.ts'
import { conditionOf, eventually, orderIdOf, reasonOf, sentenceOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const HOUR = 1 / 24

const here = holdTimeMachine('file')
afterEach(() => here.machine.certCentral.changeSettings({ approval: 'none' }))

const readyOf = async (name: string) => conditionOf(await here.machine.order(name), 'Ready')?.status
const secretOf = async (name: string) =>
  (await here.machine.cluster.secret(here.machine.namespace, `${name}-tls`))?.data

const csrOf = async (name: string) => {
  const common = `${name}.example.com`
  return createCsr(await generateKey({ algorithm: 'ECDSA', size: 256 }), [common], common)
}

describe('an issued order that in the console is', () => {
  test.each([
    ['canceled', 'OrderCanceled', 'True'],
    ['revoked', 'OrderRevoked', 'False'],
    ['rejected', 'OrderRejected', 'True'],
  ])('%s says so within a poll, and is not bought again by any time or edit', async (word, reason, ready) => {
    const name = `console-${word}`
    const id = orderIdOf(await here.life.applied(name))
    const before = await secretOf(name)

    await here.machine.certCentral.setStatus(id, word)

    expect(sentenceOf(await here.life.says(name, reason))).toContain(`Order ${id} was ${word} in CertCentral`)
    expect(await readyOf(name)).toBe(ready)
    await here.life.edit(name, { secretTemplate: { labels: { team: 'web' } } })
    await here.machine.travel(100)
    await here.life.says(name, reason)
    expect(await secretOf(name)).toEqual(before)
    expect(await here.life.happened(name)).toEqual(['order'])
  })

  test('reissued with the same CSR has that certificate in its Secret, and nothing is asked for', async () => {
    const before = await here.life.applied('same')
    const key = (await secretOf('same'))?.['tls.key']

    await here.machine.certCentral.consoleReissue(orderIdOf(before))

    const after = await here.life.revised('same', 2)
    expect(after.status?.certificate?.serialNumber).not.toBe(before.status?.certificate?.serialNumber)
    expect((await secretOf('same'))?.['tls.key']).toEqual(key)
    expect(after.status?.history?.map(({ what }) => what)).toEqual(['Ordered', 'Reissued'])
    expect(await here.life.happened('same')).toEqual(['order', 'auto-reissue'])
  })

  test('reissued with a key of somebody else keeps its good pair, says so, and is reissued with ours when asked', async () => {
    const before = await here.life.applied('other')
    const id = orderIdOf(before)
    const certificate = { common_name: 'other.example.com', csr: await csrOf('other'), signature_hash: 'sha256' }
    await here.life.inConsole('POST', `/order/certificate/${id}/reissue`, { certificate })

    await eventually('a word on the key', async () => {
      await here.machine.travel(HOUR)
      return reasonOf(await here.machine.order('other')) === 'ReissuedElsewhere'
    })
    expect(await readyOf('other')).toBe('True')
    expect((await here.machine.order('other')).status?.certificate).toEqual(before.status?.certificate)
    expect(await here.life.happened('other')).toEqual(['order', 'reissue'])

    await here.life.annotate('other', { 'reissue-requested-at': 'once' })
    await eventually('another certificate', async () => {
      await here.machine.travel(HOUR)
      return (await here.machine.order('other')).status?.revision === 2
    })
    expect(await here.life.happened('other')).toEqual(['order', 'reissue', 'reissue'])
  })

  test('renewed is not renewed a second time, and goes on with the renewal once that is named', async () => {
    const id = orderIdOf(await here.life.applied('twice'))
    await here.machine.travel(1.01)
    const { status } = await here.life.looked('twice')
    await here.machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
    const reissued = await here.life.revised('twice', 2)
    expect(reissued.status?.next?.action).toBe('Renew')
    await here.machine.travelTo(new Date(Date.parse(reissued.status?.next?.at ?? '') - 20 * 86_400_000))
    const answer = await here.life.inConsole('POST', '/order/certificate/ssl_dv_geotrust_flex', {
      certificate: { common_name: 'twice.example.com', csr: await csrOf('twice'), signature_hash: 'sha256' },
      ...{ order_validity: { years: 1 }, dcv_method: 'dns-txt-token', renewal_of_order_id: id },
    })
    const renewal = Number(answer['id'])

    await here.machine.travel(20.1)

    const held = await here.life.says('twice', 'RenewedElsewhere')
    expect(sentenceOf(held)).toMatch(new RegExp(`Order ${id} was renewed by order ${renewal}.*adoptOrderId`))
    expect(await readyOf('twice')).toBe('True')
    expect(await here.life.happened('twice')).toEqual(['order', 'reissue', 'renewal'])

    await here.life.edit('twice', { adoptOrderId: renewal })
    const after = await here.life.revised('twice', 3)
    expect(orderIdOf(after)).toBe(renewal)
    expect(await here.life.happened('twice')).toEqual(['order', 'reissue', 'renewal', 'reissue'])
  })
})

describe('an order that another one renewed, which CertCentral says only when it refuses', () => {
  test.each([
    ['by its code', 'code', 'ssl_dv_thawte', { code: 'order_renewed_already', message: 'No.' }],
    [
      'by its text',
      'text',
      'cloud_dv_geotrust',
      { code: 'invalid_value|renewal_of_order_id', message: 'Already renewed.' },
    ],
  ])('is not bought again without the link: %s', async (_how, name, product, { code, message }) => {
    const id = orderIdOf(await here.life.applied(name, { product }))
    // Once: a second request, without the link, would be taken. No other order of these tests is of that product.
    await here.machine.certCentral.addFault({
      match: { method: 'POST', path: `^/order/certificate/${product}$`, times: 1 },
      ...{ action: 'status', status: 400, code, message },
    })
    await here.machine.travel(340)
    const refused = await here.life.says(name, 'OrderRefused')
    expect(sentenceOf(refused)).toContain(`another order renewed order ${id}, and Order info does not name it`)
    await here.machine.settled(name)
    expect(await here.life.happened(name)).not.toContain('renewal')
    expect((await here.life.happened(name)).filter((kind) => kind === 'order')).toHaveLength(1)
  })
})

describe('a reissue that is rejected in the console', () => {
  test('leaves the good pair, is said, and is asked for again only when a person does', async () => {
    const before = await here.life.applied('no')
    await here.machine.certCentral.changeSettings({ approval: 'one-step' })
    await here.life.annotate('no', { 'reissue-requested-at': 'first' })
    const waiting = await here.life.says('no', 'AwaitingApproval')

    await here.machine.certCentral.rejectRequest(waiting.status?.order?.requests?.at(-1)?.id ?? 0)
    await here.machine.travel(HOUR)
    const rejected = await here.life.says('no', 'ReissueRejected')
    expect(sentenceOf(rejected)).toContain(`reissue of order ${orderIdOf(before)}`)
    expect([await readyOf('no'), rejected.status?.certificate]).toEqual(['True', before.status?.certificate])
    await here.machine.travel(3)
    await here.life.says('no', 'ReissueRejected')
    expect(await here.life.happened('no')).toEqual(['order', 'reissue', 'reject'])

    await here.machine.certCentral.changeSettings({ approval: 'none' })
    await here.life.annotate('no', { 'reissue-requested-at': 'second' })
    await here.machine.travel(1)
    await here.life.revised('no', 2)
    expect(await here.life.happened('no')).toEqual(['order', 'reissue', 'reject', 'reissue'])
  })
})

describe('an API key whose rights are narrowed', () => {
  const forbid = (method: string, path: string, status = 403) =>
    here.machine.certCentral.addFault({
      match: { method, path, times: 0 },
      ...({
        action: 'status',
        status,
        code: status === 404 ? 'not_found|order' : 'access_denied|missing_permission',
      } as const),
    })

  test('so that it may not reissue leaves the good pair, says so, and reissues once it may', async () => {
    const before = await here.life.applied('no-reissue')
    await forbid('POST', `^/order/certificate/${orderIdOf(before)}/reissue`)

    await here.life.annotate('no-reissue', { 'reissue-requested-at': 'once' })

    const refused = await here.life.says('no-reissue', 'ReissueRefused')
    expect(sentenceOf(refused)).toContain('access_denied')
    expect([await readyOf('no-reissue'), refused.status?.certificate]).toEqual(['True', before.status?.certificate])
    await here.machine.certCentral.clearFaults()
    await here.machine.travel(HOUR)
    await here.life.annotate('no-reissue', { 'check-requested-at': 'now' })
    await here.life.revised('no-reissue', 2)
    expect(await here.life.happened('no-reissue')).toEqual(['order', 'reissue'])
  })

  test('so that it may not read the order keeps it Ready and buys no other, and goes on once it may', async () => {
    const id = orderIdOf(await here.life.applied('no-read'))
    await forbid('GET', `^/order/certificate/${id}`)

    await here.life.looked('no-read')
    await here.machine.travel(3)
    await here.life.looked('no-read')

    expect(await readyOf('no-read')).toBe('True')
    expect(sentenceOf(await here.life.says('no-read', 'OrderNotReadable'))).toContain(`read order ${id}`)
    await here.machine.certCentral.clearFaults()
    await here.life.looked('no-read')
    await here.life.says('no-read', 'Issued')
    await here.machine.certCentral.consoleReissue(id)
    await here.machine.travel(HOUR)
    await here.life.revised('no-read', 2)
    expect(await here.life.happened('no-read')).toEqual(['order', 'auto-reissue'])
  })

  test('so that it does not see the order keeps it Ready, says so, and buys no other', async () => {
    const id = orderIdOf(await here.life.applied('unseen'))
    await forbid('GET', `^/order/certificate/${id}`, 404)

    await here.life.annotate('unseen', { 'check-requested-at': 'now' })

    expect(sentenceOf(await here.life.says('unseen', 'OrderNotVisible'))).toContain(`order ${id}`)
    expect(await readyOf('unseen')).toBe('True')
    await here.machine.travel(3)
    await here.life.annotate('unseen', { 'unheard-of': 'a pass without a look' })
    await here.life.says('unseen', 'OrderNotVisible')
    await here.machine.certCentral.clearFaults()
    await here.life.looked('unseen')
    await here.life.says('unseen', 'Issued')
    expect(await here.life.happened('unseen')).toEqual(['order'])
  })
})
