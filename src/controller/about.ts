import { shownOf } from '../order/effective.ts'
import type { About } from '../order/messages.ts'
import { askedOf } from './asked.ts'
import type { Gathered } from './gather.ts'

/** What a valid spec comes to with the account's defaults. */
const shownFrom = ({ order, problems, account, ignored }: Gathered): Partial<About> => {
  if (problems.length > 0 || account.kind !== 'ready') return {}
  const effective = shownOf(order.spec)
  return {
    ignored,
    ...(Object.keys(effective).length > 0 ? { effective } : {}),
  }
}

/** What the sentences of a report name of an order. */
export const aboutOf = (gathered: Gathered): About => ({
  account: gathered.account.name,
  namespace: gathered.order.metadata.namespace ?? '',
  name: gathered.order.metadata.name,
  secretName: gathered.order.spec.secretName ?? '',
  product: gathered.order.spec.product,
  ...shownFrom(gathered),
  asked: askedOf(gathered.order),
})
