import { z } from 'zod'

/** What a fault rule does to a call. */
const faultAction = z.literal([
  'drop-before',
  'drop-after',
  'error-before',
  'error-after',
  'status',
  'too-many',
  'hang',
  'html',
  'xml',
  'half-body',
  'garbage-json',
  'errors-object',
  'huge-body',
  'garbage-pem',
  'foreign-key',
  'wrong-certificate',
  'shuffled-chain',
  'missing-names',
  'expired-certificate',
  'no-intermediate',
])

/** A fault to inject. `after` lets the work be done first, where the action does not say so itself. */
export const faultSchema = z.strictObject({
  match: z
    .strictObject({
      method: z.string().optional(),
      /** A regular expression on the path after `/services/v2`. */
      path: z.string().optional(),
      /** The first matching call that is hit, counted from now; 1 is the next. */
      nth: z.int().min(1).default(1),
      /** How many calls are hit; 0 is all. */
      times: z.int().min(0).default(1),
    })
    .default({ nth: 1, times: 1 }),
  action: faultAction,
  after: z.boolean().default(false),
  status: z.int().min(200).max(599).optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  /** How many entries the list of errors has. */
  errors: z.int().min(1).max(1000).default(1),
  /** The page of `html`, in place of the one that belongs to its status. */
  html: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  retryAfterSeconds: z.int().optional(),
  seconds: z.number().min(0).optional(),
  bytes: z
    .int()
    .min(1)
    .default(64 * 1024 * 1024),
})

/** A fault rule, complete. */
export type FaultRule = z.infer<typeof faultSchema>

type Counted = { readonly id: number; readonly rule: FaultRule; readonly path: RegExp; matched: number; hit: number }

/** The rules in force. */
export type Faults = {
  add: (rule: FaultRule) => number
  clear: () => void
  /** The first rule that hits this call; every rule that fits it counts it. */
  hit: (call: { method: string; path: string }) => FaultRule | undefined
  dump: () => (FaultRule & { id: number; matched: number; hit: number })[]
}

/** No rules. */
export function createFaults(): Faults {
  let rules: Counted[] = []
  let lastId = 0
  return {
    add: (rule) => {
      lastId += 1
      rules.push({ id: lastId, rule, path: new RegExp(rule.match.path ?? ''), matched: 0, hit: 0 })
      return lastId
    },
    clear: () => {
      rules = []
    },
    hit: (call) => {
      const fitting = rules.filter(({ rule, path }) => fits(rule, path, call))
      for (const counted of fitting) counted.matched += 1
      const first = fitting.find(isDue)
      if (first !== undefined) first.hit += 1
      return first?.rule
    },
    dump: () => rules.map(({ id, rule, matched, hit }) => ({ id, ...rule, matched, hit })),
  }
}

function fits(rule: FaultRule, path: RegExp, call: { method: string; path: string }): boolean {
  return (rule.match.method ?? call.method).toUpperCase() === call.method && path.test(call.path)
}

function isDue({ rule, matched }: Counted): boolean {
  const { nth, times } = rule.match
  return matched >= nth && (times === 0 || matched < nth + times)
}
