import type { Clock } from './clock.ts'
import { CertCentralError } from './errors.ts'

/** Passes a result on, and an error with the date that its caller understands. */
export type Telling = <T>(work: Promise<T>) => Promise<T>

/**
 * Dates in errors are by the clock that budgets are kept by, which nobody can set. A caller who lives by another one would
 * take them for past, or for far ahead, as soon as that was set or the machine was suspended.
 */
export const tellBy =
  (wall: () => number, clock: Clock): Telling =>
  async (work) => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof CertCentralError) || error.retryAt === undefined) throw error
      throw error.at(new Date(error.retryAt.getTime() - clock.now() + wall()))
    }
  }
