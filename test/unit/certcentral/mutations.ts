import fc from 'fast-check'

/** What is done to one value of an answer, or to the whole of its text. */
const EDITS = [
  ...[
    'missing',
    'null',
    'list',
    'object',
    'text',
    'number',
    'boolean',
    'other-type',
    'nested',
    'extra',
    'reversed',
    'twice',
  ],
  ...['capitals', 'long'],
] as const
const WHOLES = ['truncated', 'html', 'empty', 'quoted', 'doubled', 'byte-order-mark'] as const

type Edit = (typeof EDITS)[number]

/** One change: an edit at a place, which is counted over all values of the answer, or one to the whole text. */
export type Mutation = { edit: string; at: number }

export const anyMutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    edit: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...EDITS) },
      { weight: 1, arbitrary: fc.constantFrom(...WHOLES) },
    ),
    at: fc.nat(10_000),
  }),
  { minLength: 1, maxLength: 4 },
)

const HTML = '<html><body>Request unsuccessful. Incapsula incident ID: 0-0</body></html>'

/** The text with all mutations done, one after the other; what is no JSON any more only takes those of the whole. */
export const mutated = (text: string, mutations: readonly Mutation[]): string =>
  mutations.reduce((before, { edit, at }) => wholeEdit(before, edit, at) ?? valueEdit(before, edit, at), text)

const wholeEdit = (text: string, edit: string, at: number): string | undefined => {
  if (edit === 'truncated') return text.slice(0, at % Math.max(1, text.length))
  if (edit === 'html') return HTML
  if (edit === 'empty') return ''
  if (edit === 'quoted') return JSON.stringify(text)
  if (edit === 'doubled') return `${text}${text}`
  return edit === 'byte-order-mark' ? `\ufeff${text}` : undefined
}

const valueEdit = (text: string, edit: string, at: number): string => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return text
  }
  const target = at % countOf(value)
  const next = rewritten(value, { edit: edit as Edit, target, next: 0 })
  return next === undefined ? '' : JSON.stringify(next)
}

const isMembers = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const partsOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : isMembers(value) ? Object.values(value) : []

const countOf = (value: unknown): number => partsOf(value).reduce<number>((sum, part) => sum + countOf(part), 1)

type Walk = { edit: Edit; target: number; next: number }

/** Counts every value on the way, and edits the one that is meant; `undefined` stands for one that is taken out. */
const rewritten = (value: unknown, walk: Walk): unknown => {
  const isMeant = walk.next === walk.target
  walk.next += 1
  if (isMeant) {
    walk.next += countOf(value) - 1
    return edited(value, walk.edit)
  }
  if (Array.isArray(value)) return value.map((part) => rewritten(part, walk)).filter((part) => part !== undefined)
  if (!isMembers(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, rewritten(part, walk)]))
}

const otherType = (value: unknown): unknown => {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : JSON.stringify(value)
}

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.toReversed()
  return isMembers(value) ? Object.fromEntries(Object.entries(value).toReversed()) : value
}

const edited = (value: unknown, edit: Edit): unknown => {
  switch (edit) {
    case 'missing':
      return undefined
    case 'null':
      return null
    case 'list':
      return []
    case 'object':
      return {}
    case 'text':
      return 'no such thing'
    case 'number':
      return -1
    case 'boolean':
      return true
    case 'other-type':
      return otherType(value)
    case 'nested':
      return [value]
    case 'extra':
      return isMembers(value) ? { unheard_of: { id: 7 }, ...value } : [value, 'unheard of']
    case 'reversed':
      return reversed(value)
    case 'twice':
      return Array.isArray(value) ? value.concat(value) : [value, value]
    case 'capitals':
      return typeof value === 'string' ? value.toUpperCase() : value
    case 'long':
      return typeof value === 'string' ? value.repeat(500) : value
    default:
      return edit satisfies never
  }
}
