import { z } from 'zod'
import { isoTime } from '../dates.ts'
import { type Answer, noContent, ok } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import type { Instance } from '../instance.ts'
import { runDueEvents } from '../orders/events.ts'
import { progressAll } from '../orders/progress.ts'
import { mergeSettings } from '../settings.ts'
import type { World } from '../world.ts'
import type { ControlCall, ControlRoute } from './route.ts'

/** State, settings, clock, journal and calls. */
export const stateRoutes: ControlRoute[] = [
  { method: 'GET', template: '/state', handle: ({ world }) => ok(stateOf(world)) },
  { method: 'PUT', template: '/settings', handle: changeSettings },
  { method: 'POST', template: '/clock', handle: moveClock },
  { method: 'GET', template: '/journal', handle: ({ world }) => ok({ entries: world.journal.entries }) },
  { method: 'GET', template: '/calls', handle: ({ calls }) => ok(calls.dump()) },
  { method: 'DELETE', template: '/calls', handle: resetCalls },
  { method: 'PUT', template: '/organizations/{organization_id}', handle: changeOrganization },
]

function stateOf(world: World): Record<string, unknown> {
  const { entries } = world.journal
  return {
    now: isoTime(world.clock.now()),
    settings: world.settings,
    counts: {
      orders: world.orders.size,
      paid: entries.filter(({ paid }) => paid).length,
      reissues: entries.filter(({ kind }) => kind === 'reissue' || kind === 'auto-reissue').length,
      certificates: entries.filter(({ kind }) => kind === 'issue').length,
    },
  }
}

function changeSettings({ world }: Instance, call: ControlCall): Answer {
  world.settings = mergeSettings(world.settings, z.looseObject({}).parse(call.body))
  progressAll(world)
  return ok(stateOf(world))
}

const clockBody = z.union([
  z.strictObject({ advanceSeconds: z.number().min(0) }),
  z.strictObject({ set: z.iso.datetime({ offset: true }) }),
])

/** What falls due in a leap happens before the answer, each event on its own day. */
function moveClock({ world }: Instance, call: ControlCall): Answer {
  const body = clockBody.parse(call.body)
  if ('set' in body) world.clock.set(Date.parse(body.set))
  else world.clock.advance(body.advanceSeconds * 1000)
  runDueEvents(world)
  return ok({ now: isoTime(world.clock.now()) })
}

function resetCalls({ calls }: Instance): Answer {
  calls.reset()
  return noContent
}

function changeOrganization({ world }: Instance, call: ControlCall): Answer {
  const id = Number(call.params.organization_id)
  const { validated } = z.object({ validated: z.boolean() }).parse(call.body)
  if (!world.settings.organizations.some((organization) => organization.id === id)) throw notFound('organization')
  const organizations = world.settings.organizations.map((one) => (one.id === id ? { ...one, validated } : one))
  world.settings = { ...world.settings, organizations }
  progressAll(world)
  return noContent
}
