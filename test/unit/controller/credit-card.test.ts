import { describe, expect, test } from '@jest/globals'
import { readCard, withoutCard } from '../../../src/controller/credit-card.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { anOrder } from '../../support/builders.ts'

const NUMBER = '4'.padEnd(16, '0')
const CARD = {
  number: NUMBER,
  expiration_month: '09',
  expiration_year: '2031',
  cvv: '123',
  cardholder_name: 'Ada Example',
}

const paying = anOrder({
  spec: {
    payment: {
      method: 'card',
      creditCardSecretRef: { name: 'card' },
      billingAddress: { address: '1 Road', city: 'Town', country: 'US' },
    },
  },
})

const reading = (data: Record<string, string> | undefined) =>
  readCard(
    {
      read: (_namespace, name): Promise<Secret | undefined> =>
        Promise.resolve(
          data && {
            metadata: { name },
            data: Object.fromEntries(
              Object.entries(data).map(([entry, text]) => [entry, Buffer.from(text).toString('base64')]),
            ),
          },
        ),
    },
    paying,
  )

describe('the card that an order is paid with', () => {
  test('is not read where the order is paid otherwise', async () => {
    const never = { read: () => Promise.reject(new Error('read')) }
    expect(await readCard(never, anOrder())).toEqual({ ok: true, card: undefined })
  })

  test('has the types of page 000', async () => {
    expect(await reading(CARD)).toEqual({
      ok: true,
      card: {
        number: NUMBER,
        expiration_month: 9,
        expiration_year: 2031,
        cvv: 123,
        cardholder_name: 'Ada Example',
      },
    })
  })

  test.each([
    ['with hyphens', { 'expiration-month': '9', 'expiration-year': '2031', 'cardholder-name': 'Ada Example' }],
    ['in camelCase', { expirationMonth: '9', expirationYear: '2031', cardholderName: 'Ada Example\n' }],
  ])('may be written %s', async (_how, names) => {
    const result = await reading({ number: `${NUMBER.slice(0, 4)} ${NUMBER.slice(4)}`, cvv: '123', ...names })
    expect(result).toMatchObject({ ok: true, card: { number: NUMBER, cardholder_name: 'Ada Example' } })
  })

  test('keeps zeros at the head of the verification value', async () => {
    expect(await reading({ ...CARD, cvv: '012' })).toMatchObject({ card: { cvv: '012' } })
  })

  test.each<readonly [string, Record<string, string> | undefined, RegExp]>([
    ['there is no Secret', undefined, /^Secret card of payment.creditCardSecretRef does not exist/],
    ['the Secret is empty', {}, /lacks number, expiration_month, expiration_year, cvv, cardholder_name,/],
    ['the number has letters', { ...CARD, number: 'not a number' }, /lacks number, or/],
    ['there is a thirteenth month', { ...CARD, expiration_month: '13' }, /lacks expiration_month, or/],
    ['the year has two digits', { ...CARD, expiration_year: '31' }, /lacks expiration_year, or/],
    ['there is no name', { ...CARD, cardholder_name: ' ' }, /lacks cardholder_name, or/],
  ])('is refused without a value of it where %s', async (_what, data, sentence) => {
    const result = await reading(data)
    expect(result).toMatchObject({ ok: false, problem: expect.stringMatching(sentence) })
    for (const value of ['not a number', '31,', NUMBER]) expect(JSON.stringify(result)).not.toContain(value)
  })

  test('does not stand in what CertCentral says of it', async () => {
    const result = await reading(CARD)
    const card = result.ok ? result.card : undefined
    expect(withoutCard(`card ${NUMBER} of Ada Example with 123 was declined`, card)).toBe(
      'card [redacted] of [redacted] with [redacted] was declined',
    )
    expect(withoutCard('declined', undefined)).toBe('declined')
  })
})
