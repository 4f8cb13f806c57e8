import type { z } from 'zod'
import { type ErrorEntry, invalidValue, missingValue } from '../http/api-error.ts'

/** A request body after its types were checked. */
export type Checked<Fields> = {
  /** The good part: what was bad is left out, so that the remaining rules can still be judged. */
  readonly fields: Fields
  readonly errors: ErrorEntry[]
}

type Path = readonly PropertyKey[]

/** Checks the types of a body and names each bad and each missing field. */
export function checkTypes<Fields>(schema: z.ZodType<Fields>, body: unknown): Checked<Fields> {
  const result = schema.safeParse(body)
  if (result.success) return { fields: result.data, errors: [] }
  const remaining: unknown = structuredClone(body)
  const errors = result.error.issues.map((issue) => {
    const missing = valueAt(body, issue.path) === undefined
    cut(remaining, issue.path, missing)
    const field = nameOf(issue.path)
    return missing ? missingValue(field) : invalidValue(field)
  })
  return { fields: schema.parse(remaining), errors }
}

/** The errors of later rules, without those about fields that were named before. */
export function withoutRepeats(first: readonly ErrorEntry[], then: readonly ErrorEntry[]): ErrorEntry[] {
  const named = first.map((error) => error.code.slice(error.code.indexOf(':') + 1))
  const isNew = (error: ErrorEntry): boolean => {
    const field = error.code.slice(error.code.indexOf(':') + 1)
    return !named.some((name) => name === field || name.startsWith(`${field}.`))
  }
  const all = [...first, ...then.filter(isNew)]
  return [...new Map(all.map((error) => [error.code, error])).values()]
}

/** `organization.contacts.contact_type`: indexes of lists are left out. */
function nameOf(path: Path): string {
  return path.filter((part) => typeof part === 'string').join('.')
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => (isRecord(inner) ? inner[part] : undefined), value)
}

/** Takes a bad value out; a list goes as a whole, and so does an object that lacks a required part. */
function cut(body: unknown, path: Path, missing: boolean): void {
  const list = path.findIndex((part) => typeof part === 'number')
  const upTo = list >= 0 ? list : missing ? path.length - 1 : path.length
  const parent = valueAt(body, path.slice(0, upTo - 1))
  const last = path[upTo - 1]
  if (isRecord(parent) && last !== undefined) Reflect.deleteProperty(parent, last)
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}
