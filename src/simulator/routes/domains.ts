import { isoTime } from '../dates.ts'
import { provenUntil } from '../dcv/proofs.ts'
import { type Answer, type Call, ok } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import type { Domain, World } from '../world.ts'
import { paged } from './paging.ts'
import type { ApiRoute } from './route.ts'

/** Reading the account's domains (docs/certcentral.md#how-long-a-validation-serves). */
export const domainRoutes: ApiRoute[] = [
  { method: 'GET', template: '/domain', handle: list },
  { method: 'GET', template: '/domain/{domain_id}', handle: info },
]

function list(world: World, call: Call): Answer {
  const { items, page } = paged([...world.domains.values()], call.query)
  return ok({ domains: items.map((domain) => entry(world, domain)), page })
}

function info(world: World, call: Call): Answer {
  const domain = [...world.domains.values()].find(({ id }) => id === Number(call.params.domain_id))
  if (domain === undefined) throw notFound('domain')
  return ok(entry(world, domain))
}

function entry(world: World, domain: Domain): Record<string, unknown> {
  const until = provenUntil(world, domain.name)
  const current = until !== undefined && until > world.clock.now()
  return {
    id: domain.id,
    name: domain.name,
    is_active: true,
    is_pending_validation: !current,
    ...(domain.provenAt === undefined ? {} : { dcv_approval_datetime: isoTime(domain.provenAt) }),
    ...(until === undefined ? {} : { dcv_expiration_datetime: isoTime(until) }),
    validations: ['ov', 'ev'].map((type) => ({ type, status: current ? 'active' : 'pending' })),
  }
}
