import type { ReissueCause } from '../../src/order/observation.ts'
import type { Certificate, Entry } from './certcentral.ts'

/** Something of account that happened in a play. Times are true ones, whatever the clock of the operator says. */
export type Happening = { readonly at: number; readonly what: string }

/** An order that the operator placed. */
export type Purchase = {
  readonly at: number
  readonly entry: Entry
  readonly number: number
  /** The certificate that was in the Secret. */
  readonly held: Certificate | undefined
}

/** A reissue that the operator asked for. */
export type Reissue = {
  readonly at: number
  readonly orderId: number
  readonly cause: ReissueCause | undefined
  readonly held: Certificate | undefined
  /** When the certificate at hand came to be stored. */
  readonly arrived: number | undefined
}

/** A certificate that came into the Secret. */
export type Storing = { readonly at: number; readonly certificate: Certificate }

/** All that is judged of a play. */
export type Story = {
  readonly purchases: Purchase[]
  readonly reissues: Reissue[]
  readonly storings: Storing[]
  readonly happenings: Happening[]
  /** What broke a law on the spot. */
  readonly faults: string[]
  /** Reasons at which passes ended. */
  readonly reasons: Set<string>
  passes: number
}

export const newStory = (): Story => ({
  ...{ purchases: [], reissues: [], storings: [], happenings: [], faults: [], reasons: new Set() },
  passes: 0,
})

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`

/** A play as lines, for whoever has to find out why it broke a law. */
export const timeline = ({ happenings }: Story): string => {
  const told = happenings.map(({ at, what }) => `  ${time(at)}  ${what}`)
  return (told.length <= 60 ? told : [...told.slice(0, 40), '  …', ...told.slice(-20)]).join('\n')
}
