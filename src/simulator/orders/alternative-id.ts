import type { Product } from '../products.ts'
import type { Settings } from '../settings.ts'
import type { World } from '../world.ts'
import type { Order } from './model.ts'

/** The pages that do not name the field, 001 and 002. */
const undocumented: readonly Product['page'][] = ['multi-year', 'old-dv']

/** Whether CertCentral forgets the alternative ids of orders of a product. */
export function forgetsId({ forgetsAlternativeOrderIds: which }: Settings, { page }: Product): boolean {
  return which === 'all' || (which === 'undocumented' && undocumented.includes(page))
}

/** The orders that CertCentral knows by an alternative id. */
export function ordersKnownBy(world: World, id: string): Order[] {
  return (world.byAlternativeId.get(id) ?? []).filter(({ product }) => !forgetsId(world.settings, product))
}
