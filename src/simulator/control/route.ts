import type { Answer } from '../http/answer.ts'
import type { Route } from '../http/router.ts'
import type { Instance } from '../instance.ts'

/** A call of the control API. */
export type ControlCall = { readonly params: Readonly<Record<string, string>>; readonly body: unknown }

/** An endpoint of the control API; its template is the path after `/simulator`. */
export type ControlRoute = Route<(instance: Instance, call: ControlCall) => Answer>
