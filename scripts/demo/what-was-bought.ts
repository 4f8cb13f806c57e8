import type { JournalEntry } from '../../src/simulator/journal.ts'
import { table } from './say.ts'

/** The journal of the simulator as a table. */
export function whatWasBought(entries: readonly JournalEntry[]): string {
  const rows = entries.map(({ at, kind, orderId, certificateId, product, paid }) => [
    at.slice(11, 19),
    kind,
    String(orderId),
    certificateId === undefined ? '' : String(certificateId),
    product ?? '',
    paid ? 'paid' : '',
  ])
  return table([['TIME', 'WHAT', 'ORDER', 'CERTIFICATE', 'PRODUCT', 'PAID'], ...rows])
}

/** Ids of our own under which more than one order was paid for: there must be none, ever. */
export function boughtTwice(entries: readonly JournalEntry[]): string[] {
  const ids = entries.filter(({ paid }) => paid).flatMap(({ alternativeOrderId }) => alternativeOrderId ?? [])
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))]
}
