import type { Certificate, Order } from '../orders/model.ts'
import type { Link } from '../pki/chain.ts'
import type { Key } from './keys.ts'

/** Shows the chain of an issued certificate. Fault rules put another one in its place. */
export type Presenter = (order: Order, certificate: Certificate) => Link[]

/** A request that was read and authorized. */
export type Call = {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  readonly key: Key
  readonly present: Presenter
}

/** What goes back: JSON, text of another type, or nothing. */
export type Answer = {
  readonly status: number
  readonly json?: unknown
  readonly file?: { readonly contentType: string; readonly content: string | Uint8Array }
  readonly headers?: Readonly<Record<string, string>>
}

/** 200 with JSON. */
export function ok(json: unknown): Answer {
  return { status: 200, json }
}

/** 201 with JSON. */
export function created(json: unknown): Answer {
  return { status: 201, json }
}

/** 204 without a body. */
export const noContent: Answer = { status: 204 }
