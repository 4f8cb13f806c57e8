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
  return organization?.validated === true && organization.types.includes(order.product.validation)
}

/** Whether control over every name is proven. */
export function isControlProven(world: World, order: Order): boolean {
  return order.names.every((proof) => isProven(world, order, proof))
}

/** Whether nothing more has to be checked. */
export function isValidated(world: World, order: Order): boolean {
  return isOrganizationValidated(world, order) && isControlProven(world, order)
}
