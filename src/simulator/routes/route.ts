import type { Answer, Call } from '../http/answer.ts'
import type { Route } from '../http/router.ts'
import type { World } from '../world.ts'

/** What answers an endpoint of the API. */
export type Handler = (world: World, call: Call) => Answer

/** An endpoint of the API; its template is the path after `/services/v2`. */
export type ApiRoute = Route<Handler>
