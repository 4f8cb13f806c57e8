import { ORDER_AGAIN, REISSUE_REQUESTED } from '../../src/api/names.ts'
import type { OrderSpec } from '../../src/api/order.ts'
import { createMemory } from '../../src/controller/memory.ts'
import { givingUp } from '../../src/order/rules/issue.ts'
import { type Edit, KEY, type Life, clockOf, note } from './life.ts'
import type { View } from './pass.ts'
import { readSpecFor } from './reading.ts'
import { BEGINNING } from './ways.ts'

/** What people answer to what waits for them. */
export const answer = (life: Life, { seen, decision }: View): void => {
  const { patience } = life.play
  if (decision.verdict !== 'stalled' || patience === undefined || life.answer) return
  const at = life.now + patience
  const over = ['OrderRejected', 'OrderCanceled'].includes(decision.reason) ? seen.order?.orderId : undefined
  if (over !== undefined) life.answer = { at, annotation: String(over) }
  const { intent } = seen
  const isThere = life.ledger.orders.some(({ alternativeId }) => alternativeId === intent?.alternativeOrderId)
  if (decision.reason === 'OutcomeUnknown' && intent && !isThere) life.answer = { at, annotation: givingUp(intent) }
}

const annotate = (life: Life, name: string, value: string): void => {
  const { metadata } = life.order
  life.order = { ...life.order, metadata: { ...metadata, annotations: { ...metadata.annotations, [name]: value } } }
}

const respec = (life: Life, changes: Partial<OrderSpec>): void => {
  const spec = { ...life.order.spec, ...changes }
  const { metadata } = life.order
  life.order = { ...life.order, spec, metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 } }
  life.reading = readSpecFor(spec)
}

const EDITS: Readonly<Record<Edit['what'], (life: Life, edit: Edit) => void>> = {
  'add a name': (life, { at }) => {
    const { dnsNames = [] } = life.order.spec
    respec(life, { dnsNames: [...dnsNames, `n${at}.example.com`] })
  },
  'take another key': (life) => {
    const { privateKey } = life.order.spec
    respec(life, { privateKey: { ...privateKey, algorithm: privateKey.algorithm === 'RSA' ? 'ECDSA' : 'RSA' } })
  },
  'ask for a reissue': (life, { at }) => annotate(life, REISSUE_REQUESTED, String(at)),
}

/** What befalls the resource and the process until now. */
export const befall = (life: Life): void => {
  const due = (at: number): boolean => BEGINNING + at <= life.now
  for (const edit of life.pending.filter(({ at }) => due(at))) {
    note(life, edit.what)
    EDITS[edit.what](life, edit)
  }
  life.pending = life.pending.filter(({ at }) => !due(at))
  if (life.restarts.some(due)) life.memory = createMemory(clockOf(life)).of(KEY)
  life.restarts = life.restarts.filter((at) => !due(at))
  if (!life.answer || life.answer.at > life.now) return
  note(life, `${ORDER_AGAIN}: ${life.answer.annotation}`)
  annotate(life, ORDER_AGAIN, life.answer.annotation)
  life.answer = undefined
}
