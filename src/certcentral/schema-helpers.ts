import { z } from 'zod'
import type { OrderStatus, OrderWord } from './types.ts'
import { ORDER_WORDS } from './types.ts'

/** The value of a JSON text, or undefined: a body may be empty, HTML or cut, and the parser must never throw. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Control characters, marks that reverse the direction of text, and the line separators of Unicode. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g

/** The sequences by which a terminal is told to do something; without their first character the rest is litter. */
const TERMINAL_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)?|[@-_])/g

const PEM_BLOCK = /-----BEGIN [\s\S]*?(?:-----END [^-]{1,64}-----|$)/g

/** Thirteen to nineteen digits in a row, perhaps in groups: the length of a card number, and of no id of CertCentral. */
const CARD_NUMBER = /\d(?:[ -]?\d){12,18}/g

/** What a cut through a character beyond the basic plane leaves behind. */
const HALF_PAIR = /[\ud800-\udbff]$/

/** More of a text than this is not even looked at. */
const LOOKED_AT = 16_384

/**
 * Text of a server made fit to be shown in a message, status or log: one line, bounded, nothing that steers a terminal,
 * no PEM and no card number.
 */
export const plainText = (text: string, maxLength: number): string => {
  const clean = text
    .slice(0, LOOKED_AT)
    .replace(TERMINAL_SEQUENCE, '')
    .replace(PEM_BLOCK, '[PEM]')
    .replace(CARD_NUMBER, '[redacted]')
    .replace(UNPRINTABLE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).replace(HALF_PAIR, '')}…`
}

/** Reads one shape of the wire into one of ours. Reading is tolerant: only what the caller cannot do without must be there. */
export type Reader<Value> = z.ZodType<Value>

/** An id that may come as a string (docs/certcentral.md#ids-switches-and-empty-values). 0 stands for none. */
export const id = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,16}$/)
      .transform(Number),
  ])
  .pipe(z.int().positive())

/** A field that may be missing, null, or of a form that we do not understand: then it is as if it were missing. */
export const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined)

/** A boolean that may come as 0 and 1, or as a string of either. */
export const flag = z
  .union([z.boolean(), z.number(), z.string()])
  .transform((value) => ['1', 'true'].includes(String(value).toLowerCase()))

/** Text for people. What looks like a card number is replaced in it, so it is never compared, published or sent. */
export const text = (maxLength = 256) => z.string().transform((value) => plainText(value, maxLength))

/** A word of a status or a method, as CertCentral writes it in its newer pages: in lower case. */
export const word = text(64).transform((value) => value.toLowerCase())

/** PEM, which is parsed and shown to nobody. */
export const verbatim = (maxLength: number) => z.string().min(1).max(maxLength)

/** A value that people publish as it is: it stands in messages and statuses, so it must be one word of ASCII. */
export const publishable = z.string().regex(/^[\u0021-\u007e]{1,512}$/)

/**
 * A name that is compared with ours as it is, so nothing in it may be replaced: a long number in a host name is no card
 * number. Printable ASCII only, which steers no terminal.
 */
export const comparable = z.string().regex(/^[ -~]{1,253}$/)

/**
 * A name of a certificate or domain, which is compared by its A-labels, published or sent again, so nothing in it may be
 * replaced either. Letters of any alphabet, but nothing that steers a terminal or turns the direction of text.
 */
export const certificateName = z
  .string()
  .trim()
  .regex(/^(?:[^\p{C}\p{Z}]| ){1,253}$/u)

/** An id, a serial number or a fingerprint: one word of ASCII, kept as it is. */
export const identifier = z.string().regex(/^[\u0021-\u007e]{1,128}$/)

const DAY_MS = 86_400_000

/** A day, or a time that names no zone. */
const ZONELESS = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?$/

/** What names no zone is of UTC, wherever this process runs. */
const dateOf = (value: string): Date | undefined => {
  const [, day, time = '00:00:00'] = ZONELESS.exec(value) ?? []
  const at = Date.parse(day === undefined ? value : `${day}T${time}Z`)
  return Number.isNaN(at) ? undefined : new Date(at)
}

/** A time, or the first moment of a day in UTC. */
export const startOf = z.string().max(64).transform(dateOf).pipe(z.date())

/** A time, or the last millisecond of a day in UTC. */
export const endOf = z
  .string()
  .max(64)
  .transform((value) => {
    const start = dateOf(value)
    return start && value.length === 10 ? new Date(start.getTime() + DAY_MS - 1) : start
  })
  .pipe(z.date())

const isOrderWord = (value: string): value is OrderWord => (ORDER_WORDS as readonly string[]).includes(value)

/** The status of an order; both cases of a word occur. */
export const orderStatus = text(64).transform((raw): OrderStatus => {
  const lower = raw.toLowerCase()
  return { word: isOrderWord(lower) ? lower : 'unrecognised', raw }
})

/** The status of an order that does not say any. */
export const UNNAMED: OrderStatus = { word: 'unrecognised', raw: '' }

/** A list that is not even looked into where it is longer: reading millions of entries takes seconds. */
export const atMost = (most: number) =>
  z
    .unknown()
    .optional()
    .refine((value) => !Array.isArray(value) || value.length <= most, `has more than ${most} entries`)

/** Ten times what a page is asked for, for servers that do not heed the limit. */
export const MOST_OF_PAGE = 10_000

/** More of a list than this is not read: an order has at most 250 names. */
const MOST_ENTRIES = 1000

/** A list without the entries that cannot be read, for lists that inform but do not decide. */
export const readable = <Schema extends z.ZodType>(entry: Schema, most = MOST_ENTRIES) =>
  z
    .unknown()
    .optional()
    .transform((value): z.output<Schema>[] => {
      const list: unknown[] = Array.isArray(value) ? value.slice(0, most) : []
      return list.flatMap((each) => {
        const result = entry.safeParse(each)
        return result.success ? [result.data] : []
      })
    })

type Optional<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> }
type Required<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] }

/** The object without the members that are undefined. */
export const compact = <T extends object>(value: T): Required<T> & Optional<T> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Required<T> & Optional<T>
