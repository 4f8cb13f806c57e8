import type { Product } from '../products.ts'
import type { OrderFields } from '../validation/fields.ts'
import type { World } from '../world.ts'

/**
 * The organization of an order: the one named by id, one that looks the same, or a new one that nobody validated yet.
 * Attaching to a look-alike happens silently (page 001).
 */
export function organizationFor(
  world: World,
  product: Product,
  fields: OrderFields,
): { id: number; created: boolean } | undefined {
  const wanted = fields.organization
  if (product.validation === 'dv' || wanted === undefined) return undefined
  if (wanted.id !== undefined) return { id: wanted.id, created: false }
  const same = world.settings.organizations.find(({ name }) => name.toLowerCase() === wanted.name?.toLowerCase())
  if (same !== undefined && wanted.skip_duplicate_org_check !== true) return { id: same.id, created: false }
  const id = world.ids.next()
  const { name = '', city = '', state = '', country = 'US' } = wanted
  const organization = { id, name, city, state, country, validated: false, types: allTypes, isActive: true }
  world.settings = { ...world.settings, organizations: [...world.settings.organizations, organization] }
  return { id, created: true }
}

const allTypes = ['ov', 'ev', 'cs', 'ev_cs', 'ds']
