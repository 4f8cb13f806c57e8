import type { Quirks } from '../quirks/schema.ts'
import { refusal } from './api-error.ts'

/** An API key of the account (docs/certcentral.md#a-refused-key). */
export type Key = {
  readonly key: string
  readonly name: string
  /** The user whose permissions the key has. */
  readonly user: string
  /** Role names; `Limited User` sees its own orders only. */
  readonly roles: readonly string[]
  readonly restriction: 'none' | 'orders' | 'view-only'
}

const orderRoutes = /^\/(order|request|certificate|user\/me)(\/|$)/

/**
 * Finds the key of a request and checks what it may do.
 * @throws ApiError 401 for a missing key; 403 for an unknown one, as recordings of 2023 show,
 * unless the settings want 401; and 403 when its restriction
 * forbids the call.
 */
export function authorize(
  keys: readonly Key[],
  call: { key: string | undefined; method: string; path: string },
  { keyRefusal }: Pick<Quirks, 'keyRefusal'>,
): Key {
  const key = keys.find((candidate) => candidate.key === call.key)
  if (call.key === undefined || call.key === '' || (key === undefined && keyRefusal === '401'))
    throw refusal(401, 'access_denied|invalid_api_key', 'The API key is missing or not valid.')
  if (key === undefined)
    throw refusal(403, 'access_denied|access_denied_invalid_key', 'Access denied due to access_denied_invalid_key.')
  const forbidden =
    (key.restriction === 'view-only' && call.method !== 'GET') ||
    (key.restriction === 'orders' && !orderRoutes.test(call.path))
  if (forbidden)
    throw refusal(403, 'access_denied|missing_permission', 'The API key lacks the permission for this call.')
  return key
}

/** Whether the key's user may see an order of that user. */
export function maySee(key: Key, user: string): boolean {
  return key.user === user || !key.roles.includes('Limited User')
}
