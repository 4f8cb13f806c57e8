import { appendFileSync } from 'node:fs'
import { isoTime } from './dates.ts'

/** What an entry of the journal records. */
export type JournalEntry = {
  readonly seq: number
  readonly at: string
  readonly kind:
    | 'order'
    | 'renewal'
    | 'reissue'
    | 'duplicate'
    | 'auto-reissue'
    | 'cancel'
    | 'revoke'
    | 'approve'
    | 'reject'
    | 'issue'
  readonly orderId: number
  readonly certificateId?: number | undefined
  readonly alternativeOrderId?: string | undefined
  readonly product?: string | undefined
  /** True for what costs money: orders and renewals. */
  readonly paid: boolean
  /** The request as it came. */
  readonly body?: unknown
  /** Fields of the request that the product's page does not have. */
  readonly ignoredFields?: readonly string[] | undefined
}

/** Everything that happened to orders, in order. */
export type Journal = {
  readonly entries: readonly JournalEntry[]
  write: (at: number, entry: Omit<JournalEntry, 'seq' | 'at' | 'paid'>) => void
}

/** A journal in memory, and as JSON lines in a file when one is named. */
export function createJournal(file: string | undefined): Journal {
  const entries: JournalEntry[] = []
  return {
    entries,
    write: (at, entry) => {
      const paid = entry.kind === 'order' || entry.kind === 'renewal'
      const complete = { seq: entries.length + 1, at: isoTime(at), ...entry, paid }
      entries.push(complete)
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(complete)}\n`)
    },
  }
}
