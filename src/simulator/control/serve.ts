import { ZodError } from 'zod'
import type { Answer } from '../http/answer.ts'
import { errorAnswer } from '../http/api.ts'
import { type Incoming, parseBody } from '../http/incoming.ts'
import { match } from '../http/router.ts'
import type { Instance } from '../instance.ts'
import { runDueEvents } from '../orders/events.ts'
import { faultRoutes } from './faults.ts'
import { internetRoutes } from './internet.ts'
import { controlOrderRoutes } from './orders.ts'
import type { ControlRoute } from './route.ts'
import { stateRoutes } from './state.ts'

const routes: readonly ControlRoute[] = [...stateRoutes, ...controlOrderRoutes, ...internetRoutes, ...faultRoutes]

/** Answers one call of the control API; it needs no key. */
export function serveControl(instance: Instance, incoming: Incoming): Answer {
  try {
    runDueEvents(instance.world)
    const { route, params } = match(routes, incoming.method, incoming.path)
    return route.handle(instance, { params, body: parseBody(incoming.text) })
  } catch (error) {
    if (!(error instanceof ZodError)) return errorAnswer(error)
    const errors = error.issues.map(({ path, message }) => ({ code: `invalid_value:${path.join('.')}`, message }))
    return { status: 400, json: { errors } }
  }
}
