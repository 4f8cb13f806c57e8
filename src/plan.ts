import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { Command, InvalidArgumentError } from 'commander'
import { parseAllDocuments } from 'yaml'
import { type DigiCertOrder, type OrderSpec, checkSpec } from './api/order.ts'
import type { OrderStatus } from './api/status.ts'
import { type Cap, type Forecast, forecast } from './order/forecast.ts'
import { purchaseFaults } from './order/purchasable.ts'
import { habitsOf } from './order/reissue.ts'
import { isoDay } from './order/schedule.ts'
import { standingOf } from './order/standing.ts'

const YEAR = 365.25 * 24 * 60 * 60_000

/** The limits of the CA/Browser Forum as far as they are known (docs/certcentral.md#longest-certificates). */
const KNOWN_CAPS = ['199', '100@2027-03-15', '47@2029-03-15']

const capOf = (given: string): Cap => {
  const [, days = '', from] = /^(\d{1,5})(?:@(\d{4}-\d{2}-\d{2}))?$/.exec(given) ?? []
  const cap = { days: Number(days), from: from === undefined ? new Date(0) : new Date(`${from}T00:00:00Z`) }
  if (cap.days < 1 || Number.isNaN(cap.from.getTime()))
    throw new InvalidArgumentError('It must be days, or days@date such as 100@2027-03-15.')
  return cap
}

const capsOf = (given: readonly string[]): Cap[] =>
  given.map(capOf).toSorted((a, b) => a.from.getTime() - b.from.getTime())

const numberOfYears = (given: string): number => {
  const years = Number(given)
  if (!(years > 0) || years > 30) throw new InvalidArgumentError('It must be a number of years up to 30.')
  return years
}

const ROW = ['DATE', 'STEP', 'COST', 'CERTIFICATE ENDS', 'PLAN ENDS', 'WHY']

const rowOf = ({ at, action, paid, certificateEnds, planEnds, why }: Forecast): string[] => {
  const cost = action === 'Stop' ? '-' : paid ? 'paid' : 'free'
  return [isoDay(at), action, cost, isoDay(certificateEnds), isoDay(planEnds), why]
}

const tableOf = (rows: readonly (readonly string[])[]): string => {
  const widths = ROW.map((_title, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}

/** Where an order stands by its status, as `kubectl get -o yaml` shows it; `undefined` where it has no certificate. */
const atHand = (spec: OrderSpec, status: OrderStatus, now: Date) => {
  const { certificate, order } = status
  if (!certificate || !order) return undefined
  const { serialNumber } = certificate
  const [notBefore, notAfter] = [new Date(certificate.notBefore), new Date(certificate.notAfter)]
  const standing = standingOf(spec, status, { notBefore, notAfter, serialNumber }, now)
  const { planEnd } = standing
  return planEnd && { ...standing, planEnd }
}

type Wish = { now: Date; years: number; caps: readonly Cap[] }

/**
 * The plan of one object, as text.
 *
 * @throws Error that says what is wrong with it
 */
export const planOf = (object: unknown, { now, years, caps }: Wish): string => {
  const { metadata, spec, status = {} } = object as DigiCertOrder
  const checked = checkSpec(spec)
  const name = [...(metadata.namespace === undefined ? [] : [metadata.namespace]), metadata.name].join('/')
  if (!checked.ok) throw new Error(`${name}: ${checked.problems.join('; ')}`)
  const faults = status.order ? [] : purchaseFaults(checked.spec, now)
  if (faults.length > 0) throw new Error(`${name}: ${faults.join('; ')}`)
  const steps = forecast({
    spec: checked.spec,
    habits: habitsOf(checked.spec, metadata.uid ?? name),
    caps,
    from: now,
    until: new Date(now.getTime() + years * YEAR),
    standing: atHand(checked.spec, status, now),
  })
  const bought = steps.filter(({ paid }) => paid).length
  const summary = `${name}: ${String(bought)} of ${String(steps.length)} steps cost money`
  return `${summary}\n${tableOf([ROW, ...steps.map(rowOf)])}\n`
}

const isOrder = (document: unknown): boolean => (document as { kind?: unknown } | null)?.kind === 'DigiCertOrder'

/** The orders of a YAML stream, those in a List included. */
const ordersIn = (yaml: string): unknown[] =>
  parseAllDocuments(yaml).flatMap((document) => {
    const [error] = document.errors
    if (error) throw new Error(error.message)
    const object = document.toJS() as { items?: unknown[] } | null
    return [object, ...(object?.items ?? [])].filter(isOrder)
  })

const read = (file: string): Promise<string> | string =>
  file === '-' ? text(process.stdin) : readFileSync(file, 'utf8')

type Flags = { filename: string; years: number; cap?: string[] }

const assumed = (caps: readonly Cap[]): string =>
  caps
    .map(({ days, from }) => (from.getTime() > 0 ? `${String(days)} from ${isoDay(from)}` : `${String(days)} days`))
    .join(', ')

const collect = (value: string, before: readonly string[] | undefined): string[] => {
  capOf(value)
  return [...(before ?? []), value]
}

/**
 * `digicert-operator plan`: every step that the operator would take for an order, with dates, and which of them cost
 * money. Calls nobody.
 *
 * @param clock now, for a plan that begins today
 */
export const planCommand = (clock: () => Date = () => new Date()): Command =>
  new Command('plan')
    .description(
      'print every step that the operator would take for an order, and which of them cost money; calls nobody',
    )
    .requiredOption('-f, --filename <file>', 'a file with DigiCertOrders, - for standard input')
    .option('--years <number>', 'how far to look ahead', numberOfYears, 3)
    .option(
      '--cap <days[@date]>',
      `the longest certificate, from a day on (repeatable; default: ${KNOWN_CAPS.join(', ')})`,
      collect,
    )
    .action(async (flags: Flags, command: Command) => {
      const caps = capsOf(flags.cap ?? KNOWN_CAPS)
      const wish = { now: clock(), years: flags.years, caps }
      try {
        const orders = ordersIn(await read(flags.filename))
        if (orders.length === 0) throw new Error('no DigiCertOrder in it')
        const plans = orders.map((order) => planOf(order, wish))
        command.configureOutput().writeOut?.(`${plans.join('\n')}\nLongest certificates assumed: ${assumed(caps)}.\n`)
      } catch (error) {
        command.error(`error: ${flags.filename}: ${error instanceof Error ? error.message : String(error)}`)
      }
    })
