import { describe, expect, test } from '@jest/globals'
import { createCsr } from '../../../src/pki/csr.ts'
import { generateKey } from '../../../src/pki/keys.ts'
import { conditionOf, orderIdOf, orderNamed, sentenceOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const here = holdTimeMachine('file')

const PRODUCT = 'ssl_basic'

/** A person buys a certificate for `<name>.example.com` in the console, with a key of their own. */
const boughtInConsole = async (name: string, more: { names?: string[]; order?: object } = {}): Promise<number> => {
  const common = `${name}.example.com`
  const csr = await createCsr(await generateKey({ algorithm: 'ECDSA', size: 256 }), [common], common)
  const answer = await here.life.inConsole('POST', `/order/certificate/${PRODUCT}`, {
    certificate: { common_name: common, dns_names: more.names ?? [], csr, signature_hash: 'sha256' },
    organization: { id: 117483 },
    order_validity: { years: 1 },
    ...more.order,
  })
  return Number(answer['id'])
}

const adopting = (name: string, adoptOrderId: number, spec: object = {}) =>
  here.machine.apply(orderNamed(name, { product: PRODUCT, adoptOrderId, ...spec }))

describe('the trial of an adoption, with suspend', () => {
  const trial = async (name: string, adoptOrderId: number, spec: object = {}): Promise<string> => {
    await adopting(name, adoptOrderId, { suspend: true, ...spec })
    return sentenceOf(await here.life.says(name, 'Suspended'))
  }

  test('says that a reissue follows where the key is not kept here, and which further names stay', async () => {
    const id = await boughtInConsole('tried', { names: ['also.tried.example.com'] })
    const said = await trial('tried', id)
    expect(said).toContain(`order ${id} (issued) fits the spec and would be taken over; nothing would be bought`)
    expect(said).toContain('The private key of that order is not kept here: the operator reissues it with a new key')
    expect(said).toContain('Its names that the spec does not ask for stay in the certificate: also.tried.example.com')
    expect(await here.life.happened('tried')).toEqual(['order'])

    await here.life.edit('tried', { suspend: false })
    expect((await here.life.says('tried', 'NameRemovalBlocked')).status?.history?.[0]?.what).toBe('Adopted')
    expect(await here.life.happened('tried')).toEqual(['order', 'reissue'])

    expect(await trial('tried-twice', id, { commonName: 'tried.example.com' })).toMatch(
      new RegExp(`order ${id} would not be taken over: DigiCertOrder .*tried has it`),
    )
  })

  test('says that an order does not exist where CertCentral does not show it', async () => {
    expect(await trial('nowhere', 999_999_999)).toContain(
      'order 999999999 would not be taken over: CertCentral does not show it to this API key',
    )
  })

  test('says of another product that it would not, and by an edit of the product that it would', async () => {
    const id = await boughtInConsole('mended')
    expect(await trial('mended', id, { product: 'ssl_securesite_flex' })).toContain(`its product is ${PRODUCT}`)
    await here.life.edit('mended', { product: PRODUCT })
    const fits = await here.machine.until('mended', 'a trial that fits', (order) =>
      sentenceOf(order).includes('fits the spec and would be taken over'),
    )
    expect(fits.status?.order).toBeUndefined()
  })
})

describe('an order that was bought in the console', () => {
  test('is taken over with a key of ours by a free reissue, and is DigiCert’s to reissue no more', async () => {
    const id = await boughtInConsole('taken', { order: { auto_reissue: 1 } })
    expect(await here.machine.certCentral.order(id)).toMatchObject({ autoReissue: 1 })

    await adopting('taken', id)

    const order = await here.machine.settled('taken')
    expect(orderIdOf(order)).toBe(id)
    await here.life.looked('taken')
    expect(await here.machine.certCentral.order(id)).toMatchObject({ autoReissue: 0 })
    expect(await here.life.happened('taken')).toEqual(['order', 'reissue'])
  })

  test('with more names than the spec keeps them until a person consents to their loss', async () => {
    const id = await boughtInConsole('wider', { names: ['also.wider.example.com'] })

    await adopting('wider', id)

    const held = await here.life.says('wider', 'NameRemovalBlocked')
    expect(sentenceOf(held)).toContain('also.wider.example.com is not in the spec and stays')
    expect(held.status?.certificate?.dnsNames.toSorted()).toEqual(['also.wider.example.com', 'wider.example.com'])
    await here.machine.travel(4)
    expect(await here.life.happened('wider')).toEqual(['order', 'reissue'])
  })

  test('is kept good by reissue and renewal as if it were bought here', async () => {
    const id = await boughtInConsole('kept')
    await adopting('kept', id)
    await here.machine.settled('kept')

    for (const revision of [2, 3]) {
      await here.machine.travel(1.01)
      const { status } = await here.life.looked('kept')
      await here.machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
      await here.life.revised('kept', revision)
    }

    const { status } = await here.machine.order('kept')
    expect(status?.history?.map(({ what }) => what)).toEqual(['Adopted', 'Reissued', 'Reissued', 'Renewed'])
    expect(await here.life.happened('kept')).toEqual(['order', 'reissue', 'reissue', 'renewal'])
  })

  test.each([
    ['another organization', 'organized', { organization: { id: 123456 } }, 'organization'],
    ['another product', 'produced', { product: 'ssl_securesite_flex' }, 'product'],
    ['fewer names', 'fewer', { dnsNames: ['more.fewer.example.com'] }, 'more.fewer.example.com'],
  ])('is refused where it has %s than the spec, and nothing happens to it', async (_what, name, spec, said) => {
    const id = await boughtInConsole(name)

    await adopting(name, id, spec)

    const order = await here.life.says(name, 'AdoptionRefused')
    expect(sentenceOf(order)).toContain(said)
    expect(conditionOf(order, 'Stalled')?.status).toBe('True')
    expect(await here.life.happened(name)).toEqual(['order'])
  })

  test.each(['canceled', 'rejected', 'revoked', 'expired'])(
    'is refused where it is %s, and nothing is bought in its place',
    async (word) => {
      const name = `over-${word}`
      const id = await boughtInConsole(name)
      await here.machine.certCentral.setStatus(id, word)

      await adopting(name, id)

      expect(sentenceOf(await here.life.says(name, 'AdoptionRefused'))).toContain(`it is ${word}`)
      await here.machine.travel(3)
      await here.life.says(name, 'AdoptionRefused')
      expect(await here.life.happened(name)).toEqual(['order'])
    },
  )
})
