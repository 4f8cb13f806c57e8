import { accountRoutes } from './account.ts'
import { domainRoutes } from './domains.ts'
import { downloadRoutes } from './downloads.ts'
import { orderDcvRoutes } from './order-dcv.ts'
import { orderListRoutes } from './order-lists.ts'
import { orderRoutes } from './orders.ts'
import { reissueRoutes } from './reissues.ts'
import { requestRoutes } from './requests.ts'
import { revocationRoutes } from './revocations.ts'
import type { ApiRoute } from './route.ts'

/** Every endpoint of the simulated API. Lists come first, because their fixed paths look like ids. */
export const apiRoutes: readonly ApiRoute[] = [
  ...orderListRoutes,
  ...orderRoutes,
  ...reissueRoutes,
  ...orderDcvRoutes,
  ...downloadRoutes,
  ...revocationRoutes,
  ...requestRoutes,
  ...domainRoutes,
  ...accountRoutes,
]
