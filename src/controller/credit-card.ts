import type { DigiCertOrder } from '../api/order.ts'
import type { CreditCard } from '../order/payload.ts'
import { type Secret, type SecretStore, textOf } from './secrets.ts'

const PARTS = ['number', 'expiration_month', 'expiration_year', 'cvv', 'cardholder_name'] as const

type Part = (typeof PARTS)[number]

const FORMS: Readonly<Record<Part, RegExp>> = {
  number: /^[0-9]{12,19}$/,
  expiration_month: /^(0?[1-9]|1[0-2])$/,
  expiration_year: /^20[0-9]{2}$/,
  cvv: /^[0-9]{3,4}$/,
  cardholder_name: /^.*[^\s].*$/,
}

/** A part of the card by its name on the wire, which may be written in camelCase or with hyphens as well. */
const partOf = (secret: Secret | undefined, part: Part): string | undefined => {
  const spelt = Object.keys(secret?.data ?? {}).find((key) => bare(key) === bare(part))
  const text = spelt === undefined ? undefined : textOf(secret, spelt)?.trim()
  return part === 'number' ? text?.replaceAll(/[ -]/g, '') : text
}

const bare = (key: string): string => key.replaceAll(/[_-]/g, '').toLowerCase()

/** The pages want a number (docs/certcentral.md#credit-cards); one that begins with zeros would lose them. */
const cvvOf = (text: string): number | string => (text.startsWith('0') ? text : Number(text))

export type CardResult = { ok: true; card: CreditCard | undefined } | { ok: false; problem: string }

/** Reads the card that an order is paid with, if it is paid by card. What is said of it never holds a value. */
export const readCard = async (
  secrets: Pick<SecretStore, 'read'>,
  { metadata, spec }: DigiCertOrder,
): Promise<CardResult> => {
  const name = spec.payment?.method === 'card' ? spec.payment.creditCardSecretRef?.name : undefined
  if (name === undefined) return { ok: true, card: undefined }
  const secret = await secrets.read(metadata.namespace ?? '', name)
  if (!secret) return { ok: false, problem: `Secret ${name} of payment.creditCardSecretRef does not exist` }
  const value = (part: Part): string => partOf(secret, part) ?? ''
  const bad = PARTS.filter((part) => !FORMS[part].test(value(part)))
  if (bad.length > 0)
    return {
      ok: false,
      problem: `Secret ${name} of payment.creditCardSecretRef lacks ${bad.join(', ')}, or has it in another form`,
    }
  const card: CreditCard = {
    number: value('number'),
    expiration_month: Number(value('expiration_month')),
    expiration_year: Number(value('expiration_year')),
    cvv: cvvOf(value('cvv')),
    cardholder_name: value('cardholder_name'),
  }
  return { ok: true, card }
}

/** A text of CertCentral without what it may have quoted of the card (promise P10). */
export const withoutCard = (text: string, card: CreditCard | undefined): string =>
  card
    ? [card.number, card.cardholder_name, String(card.cvv)].reduce(
        (clean, value) => clean.replaceAll(value, '[redacted]'),
        text,
      )
    : text
