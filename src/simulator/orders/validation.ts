import { isProven } from '../dcv/proofs.ts'
import type { Organization } from '../settings.ts'
import type { World } from '../world.ts'
import type { Order } from './model.ts'

/** The order's organization, if its product has one. */
export function organizationOf(world: World, order: Order): Organization | undefined {
  return world.settings.organizations.find(({ id }) => id === order.organizationId)
}

/** Whether the organization is validated for the kind of product. */
export function isOrganizationValidated(world: World, order: Order): boolean {
  if (order.product.validation === 'dv' || world.settings.instant) return true
  const organization = organizationOf(world, order)
  return (
    organization !== undefined &&
    isValidated(world, organization) &&
    organization.types.includes(order.product.validation)
  )
}

const year = 365 * 86_400_000

/** When the validation of an organization ends. */
export function validatedUntil(world: World, { validatedUntil: lastDay }: Organization): number {
  return lastDay === undefined ? world.clock.now() + year : Date.parse(`${lastDay}T23:59:59Z`)
}

/** Whether an organization is validated now. */
export function isValidated(world: World, organization: Organization): boolean {
  return organization.validated && validatedUntil(world, organization) > world.clock.now()
}

/** Whether control over every name is proven. */
export function isControlProven(world: World, order: Order): boolean {
  return order.names.every((proof) => isProven(world, order, proof))
}

/** Whether nothing more has to be checked. */
export function isOrderValidated(world: World, order: Order): boolean {
  return isOrganizationValidated(world, order) && isControlProven(world, order)
}
