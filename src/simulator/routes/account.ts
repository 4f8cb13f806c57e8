import { isoTime } from '../dates.ts'
import { type Answer, type Call, ok } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import type { Organization } from '../settings.ts'
import type { World } from '../world.ts'
import { isValidated, validatedUntil } from '../orders/validation.ts'
import { paged } from './paging.ts'
import { productDetails, productEntry } from './product-info.ts'
import type { ApiRoute } from './route.ts'

/** Catalogue and account. */
export const accountRoutes: ApiRoute[] = [
  { method: 'GET', template: '/product', handle: products },
  { method: 'GET', template: '/product/{name_id}', handle: product },
  { method: 'GET', template: '/organization', handle: organizations },
  { method: 'GET', template: '/organization/{organization_id}', handle: organization },
  { method: 'GET', template: '/organization/{organization_id}/validation', handle: organizationValidation },
  { method: 'GET', template: '/container', handle: containers },
  { method: 'GET', template: '/container/{container_id}', handle: container },
  { method: 'GET', template: '/user/me', handle: me },
  { method: 'GET', template: '/account/metadata', handle: metadata },
  { method: 'GET', template: '/finance/balance', handle: () => ok(balance) },
]

/** Money is written as text. */
const balance = {
  balance: '10000.00',
  currency: 'USD',
  unpaid_invoice_balance: '0.00',
  negative_balance_limit: '0.00',
  total_available_funds: '10000.00',
}

function products(world: World): Answer {
  return ok({ products: world.settings.products.map((one) => productEntry(one, world.settings.planCapYears)) })
}

function product(world: World, call: Call): Answer {
  const found = world.settings.products.find(({ nameId }) => nameId === call.params.name_id)
  if (found === undefined) throw notFound('product')
  return ok(productDetails(found, world.settings.planCapYears))
}

function organizations(world: World, call: Call): Answer {
  const status = call.query.get('filters[status]')
  const chosen = world.settings.organizations.filter((one) => status === null || statusOf(one) === status)
  const { items, page } = paged(chosen, call.query)
  return ok({ organizations: items.map((one) => organizationEntry(world, one)), page })
}

function organization(world: World, call: Call): Answer {
  return ok(organizationEntry(world, findOrganization(world, call)))
}

function organizationEntry(world: World, one: Organization): Record<string, unknown> {
  const { id, name, city, state, country, isActive } = one
  const container = world.settings.containers[0]
  return { id, status: statusOf(one), name, display_name: name, is_active: isActive, city, state, country, container }
}

function statusOf(one: Organization): string {
  return one.isActive ? 'active' : 'inactive'
}

function organizationValidation(world: World, call: Call): Answer {
  const found = findOrganization(world, call)
  const until = validatedUntil(world, found)
  const validations = found.types.map((type) => ({
    type,
    name: type.toUpperCase(),
    status: isValidated(world, found) ? 'active' : 'pending',
    ...(found.validated ? { validated_until: isoTime(until) } : {}),
  }))
  return ok({ validations })
}

function findOrganization(world: World, call: Call): Organization {
  const found = world.settings.organizations.find(({ id }) => id === Number(call.params.organization_id))
  if (found === undefined) throw notFound('organization')
  return found
}

function containers(world: World): Answer {
  return ok({ containers: world.settings.containers.map((one) => ({ ...one, is_active: true })) })
}

function container(world: World, call: Call): Answer {
  const found = world.settings.containers.find(({ id }) => id === Number(call.params.container_id))
  if (found === undefined) throw notFound('container')
  return ok({ ...found, is_active: true })
}

function me(world: World, call: Call): Answer {
  const { user, roles } = call.key
  return ok({
    id: 1,
    username: user,
    account: { id: 1 },
    first_name: user,
    last_name: 'User',
    email: `${user}@example.com`,
    status: 'active',
    container: world.settings.containers[0],
    access_roles: roles.map((name, index) => ({ id: index + 1, name })),
  })
}

function metadata(world: World): Answer {
  const fields = world.settings.customFields.map(({ id, label, required, dataType }) => {
    return { id, label, is_required: required, is_active: true, data_type: dataType }
  })
  return ok({ metadata: fields })
}
