/** One day in milliseconds. */
export const day = 86_400_000

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** The start of the day (UTC) that a time falls on. */
export function startOfDay(time: number): number {
  return Math.floor(time / day) * day
}

/** The last whole second of the day (UTC) that a time falls on. */
export function endOfDay(time: number): number {
  return startOfDay(time) + day - 1000
}

/** `yyyy-MM-dd`, as order info writes dates. */
export function isoDate(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

/** ISO 8601 with an offset and without fractions, as order info writes times. */
export function isoTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}+00:00`
}

/** The same calendar day some years on. */
export function addYears(time: number, years: number): number {
  const date = new Date(time)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  return date.getTime()
}

/** Reads `yyyy-MM-dd`, the form of the top-level date (docs/certcentral.md#lengths-and-dates). */
export function parseIsoDate(text: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  return match === null ? undefined : dateOf(match[1], Number(match[2]) - 1, match[3])
}

/** Reads `dd MMM YYYY`, the form of the nested dates (docs/certcentral.md#lengths-and-dates). */
export function parseLongDate(text: string): number | undefined {
  const match = /^(\d{2}) ([A-Z]{3}) (\d{4})$/.exec(text)
  return match === null ? undefined : dateOf(match[3], months.indexOf(match[2] ?? ''), match[1])
}

/** Refuses dates that do not exist, such as the 31st of June, which Date would roll over. */
function dateOf(year: string | undefined, month: number, dayOfMonth: string | undefined): number | undefined {
  const time = Date.UTC(Number(year), month, Number(dayOfMonth))
  const date = new Date(time)
  return date.getUTCMonth() === month && date.getUTCDate() === Number(dayOfMonth) ? time : undefined
}
