import { z } from 'zod'
import type { OrderStatus, OrderWord } from './types.ts'
import { ORDER_WORDS } from './types.ts'

/** Parses JSON. Returns undefined instead of throwing: a body may be empty, HTML or cut. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Control characters, marks that reverse the direction of text, and the line separators of Unicode. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g

/** Sequences that control a terminal. Removing only their first character would leave the rest as litter. */
const TERMINAL_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)?|[@-_])/g

const PEM_BLOCK = /-----BEGIN [\s\S]*?(?:-----END [^-]{1,64}-----|$)/g

/** Thirteen to nineteen digits in a row, perhaps in groups: the length of a card number, and of no id of CertCentral. */
const CARD_NUMBER = /\d(?:[ -]?\d){12,18}/g

/** The first half of a surrogate pair, which a cut within a character leaves. */
const HALF_PAIR = /[\ud800-\udbff]$/

/** Characters of a text beyond this are not read. */
const MAX_READ_LENGTH = 16_384

/**
 * Cleans text of a server for a message, status or log: one line of at most that many characters, without control
 * sequences, PEM and card numbers.
 */
export const plainText = (text: string, maxLength: number): string => {
  const clean = text
    .slice(0, MAX_READ_LENGTH)
    .replace(TERMINAL_SEQUENCE, '')
    .replace(PEM_BLOCK, '[PEM]')
    .replace(CARD_NUMBER, '[redacted]')
    .replace(UNPRINTABLE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).replace(HALF_PAIR, '')}…`
}

/** Parses a response into the client's own types. Only members that the caller needs are required. */
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

/** A field that may be missing. Null and unknown forms count as missing. */
export const optionalLenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined)

/** A boolean that may come as 0 and 1, or as a string of either. */
export const booleanish = z
  .union([z.boolean(), z.number(), z.string()])
  .transform((value) => ['1', 'true'].includes(String(value).toLowerCase()))

/** Text for people. Card numbers are replaced in it, so do not compare, publish or send it. */
export const text = (maxLength = 256) => z.string().transform((value) => plainText(value, maxLength))

/** The word of a status or a method, in lower case as in CertCentral's newer pages. */
export const lowerText = text(64).transform((value) => value.toLowerCase())

/** PEM, which is parsed and never shown. */
export const pemText = (maxLength: number) => z.string().min(1).max(maxLength)

/** A value that people publish unchanged and messages show, so it must be one word of ASCII. */
export const publishable = z.string().regex(/^[\u0021-\u007e]{1,512}$/)

/**
 * A name that is compared unchanged, so nothing in it is replaced: a long number in a host name is no card number. Only
 * printable ASCII, which cannot control a terminal.
 */
export const comparable = z.string().regex(/^[ -~]{1,253}$/)

/**
 * A name of a certificate or domain, which is compared by its A-labels, published or sent, so nothing in it is replaced
 * either. Letters of any alphabet, but no control characters and none that change the direction of text.
 */
export const certificateName = z
  .string()
  .trim()
  .regex(/^(?:[^\p{C}\p{Z}]| ){1,253}$/u)

/** An id, a serial number or a fingerprint: one word of ASCII, unchanged. */
export const identifier = z.string().regex(/^[\u0021-\u007e]{1,128}$/)

const DAY_MS = 86_400_000

/** A day, or a time without a zone. */
const ZONELESS = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?$/

/** Parses a time; without a zone it is UTC, wherever this process runs. */
const parseTime = (value: string): Date | undefined => {
  const [, day, time = '00:00:00'] = ZONELESS.exec(value) ?? []
  const at = Date.parse(day === undefined ? value : `${day}T${time}Z`)
  return Number.isNaN(at) ? undefined : new Date(at)
}

/** A time, or the first moment of a day in UTC. */
export const timeOrDayStart = z.string().max(64).transform(parseTime).pipe(z.date())

/** A time, or the last millisecond of a day in UTC. */
export const timeOrDayEnd = z
  .string()
  .max(64)
  .transform((value) => {
    const start = parseTime(value)
    return start && value.length === 10 ? new Date(start.getTime() + DAY_MS - 1) : start
  })
  .pipe(z.date())

const isOrderWord = (value: string): value is OrderWord => (ORDER_WORDS as readonly string[]).includes(value)

/** The status of an order, in upper or lower case. */
export const orderStatus = text(64).transform((raw): OrderStatus => {
  const lower = raw.toLowerCase()
  return { word: isOrderWord(lower) ? lower : 'unrecognised', raw }
})

/** The status of an order without one. */
export const UNKNOWN_STATUS: OrderStatus = { word: 'unrecognised', raw: '' }

/** Rejects longer lists without reading their entries: millions of them take seconds. */
export const boundedList = (maxEntries: number) =>
  z
    .unknown()
    .optional()
    .refine((value) => !Array.isArray(value) || value.length <= maxEntries, `has more than ${maxEntries} entries`)

/** Ten times the size of a page that the client requests, for servers that ignore it. */
export const MAX_PAGE_ENTRIES = 10_000

/** Later entries of a list are not read: an order has at most 250 names. */
const MAX_ENTRIES = 1000

/** A list without the entries that cannot be read, for lists that decide nothing. */
export const lenientArray = <Schema extends z.ZodType>(entry: Schema, maxEntries = MAX_ENTRIES) =>
  z
    .unknown()
    .optional()
    .transform((value): z.output<Schema>[] => {
      const list: unknown[] = Array.isArray(value) ? value.slice(0, maxEntries) : []
      return list.flatMap((each) => {
        const result = entry.safeParse(each)
        return result.success ? [result.data] : []
      })
    })

type Optional<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> }
type Required<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] }

/** Removes the members that are undefined. */
export const compact = <T extends object>(value: T): Required<T> & Optional<T> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Required<T> & Optional<T>
