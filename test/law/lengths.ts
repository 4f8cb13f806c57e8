import { DAY } from '../../src/order/schedule.ts'
import { endOfDay, midnight } from './ways.ts'

/** A length of time that was asked for. The end is read from the request alone, whatever the product makes of it. */
export type Length = { readonly text: string; readonly endFrom: (from: number) => number }

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** `09 JUN 2027` and `2027-06-09` as the first moment of that day. */
const dayOf = (text: string): number => {
  const [, day = '', word = '', year = ''] = /^(\d{2}) ([A-Z]{3}) (\d{4})$/.exec(text) ?? []
  return word === '' ? Date.parse(`${text}T00:00:00Z`) : Date.UTC(Number(year), MONTHS.indexOf(word), Number(day))
}

const yearsAfter = (from: number, years: number): number => {
  const date = new Date(midnight(from))
  return date.setUTCFullYear(date.getUTCFullYear() + years)
}

/** Reads the three forms in which CertCentral takes a length, nested or at the top level of an order. */
export const readLength = (fields: Record<string, unknown>): Length | undefined => {
  const date = fields['custom_expiration_date']
  const days = fields['days'] ?? fields['validity_days']
  const years = fields['years'] ?? fields['validity_years']
  if (typeof date === 'string') return { text: date, endFrom: () => endOfDay(dayOf(date)) }
  if (typeof days === 'number') return { text: `${days} d`, endFrom: (from) => midnight(from) + days * DAY - 1000 }
  if (typeof years === 'number') return { text: `${years} y`, endFrom: (from) => yearsAfter(from, years) - 1000 }
  return undefined
}
