import type { ServerResponse } from 'node:http'
import { isInstead, substitute } from '../faults/answers.ts'
import { deliver, hang } from '../faults/delivery.ts'
import { presenterFor } from '../faults/presenters.ts'
import type { FaultRule } from '../faults/rules.ts'
import type { Instance } from '../instance.ts'
import { runDueEvents } from '../orders/events.ts'
import { asRecorded } from '../quirks/rewrite.ts'
import { noQuirks } from '../quirks/schema.ts'
import { apiRoutes } from '../routes/table.ts'
import { type Answer, noContent } from './answer.ts'
import { ApiError, asRequiredParam, refusal } from './api-error.ts'
import { type Incoming, parseBody } from './incoming.ts'
import { authorize } from './keys.ts'
import { match } from './router.ts'

/** Answers one call of the simulated API, with the fault that hits it, if one does. */
export async function serveApi(instance: Instance, incoming: Incoming, response: ServerResponse): Promise<void> {
  const { world, calls, faults } = instance
  const { method, path } = incoming
  calls.count(endpointOf(incoming))
  const rule = faults.hit({ method, path })
  const status = await answerCall(instance, incoming, { rule, response })
  calls.record(world.clock.now(), { method, path, status })
}

type Reply = { readonly rule: FaultRule | undefined; readonly response: ServerResponse }

async function answerCall(instance: Instance, incoming: Incoming, { rule, response }: Reply): Promise<number> {
  if (rule?.action === 'hang') return answerLate(instance, incoming, { rule, response })
  const { quirks } = instance.world.settings
  const blocked = rule === undefined ? instance.cdn.blocked(quirks, incoming.method) : undefined
  if (blocked !== undefined) return deliver(response, blocked, rule)
  const real = isInstead(rule) ? undefined : perform(instance, incoming, rule)
  return deliver(response, instance.cdn.passed(quirks, substitute(rule) ?? real ?? noContent), rule)
}

async function answerLate(
  instance: Instance,
  incoming: Incoming,
  { rule, response }: Reply & { readonly rule: FaultRule },
): Promise<number> {
  const early = rule.after ? perform(instance, incoming, rule) : undefined
  if (!(await hang(response, rule.seconds))) return 0
  return deliver(response, early ?? perform(instance, incoming, rule), rule)
}

/** Does the work of a call; every refusal becomes an answer. */
function perform(instance: Instance, incoming: Incoming, rule: FaultRule | undefined): Answer {
  try {
    runDueEvents(instance.world)
    return work(instance, incoming, rule)
  } catch (error) {
    return errorAnswer(error, instance.world.settings.quirks)
  }
}

function work(instance: Instance, incoming: Incoming, rule: FaultRule | undefined): Answer {
  const { world, keys, rateLimit } = instance
  const { method, path, query } = incoming
  const limits = world.settings.rateLimits
  if (!rateLimit.admit(incoming.key ?? '', world.clock.now(), limits)) return tooMany(limits.retryAfterSeconds)
  const key = authorize(keys, incoming, world.settings.quirks)
  const { route, params } = match(apiRoutes, method, path)
  const call = { params, query, body: parseBody(incoming.text), key, present: presenterFor(world, rule) }
  return asRecorded(world.settings.quirks, `${method} ${route.template}`, route.handle(world, call))
}

function tooMany(retryAfterSeconds: number | undefined): Answer {
  const error = refusal(429, 'request_limit_exceeded', 'Service unavailable, please limit request volume')
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  return { ...errorAnswer(error), headers }
}

/** DigiCert's error body for a refusal, and 500 for a mistake of the simulator. */
export function errorAnswer(error: unknown, { requiredParamCodes } = noQuirks): Answer {
  if (error instanceof ApiError) {
    const errors = requiredParamCodes ? error.errors.map(asRequiredParam) : error.errors
    return { status: error.status, json: { errors } }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { status: 500, json: { errors: [{ code: 'internal_server_error', message }] } }
}

function endpointOf({ method, path }: Incoming): string {
  try {
    return `${method} ${match(apiRoutes, method, path).route.template}`
  } catch {
    return `${method} unknown route`
  }
}
