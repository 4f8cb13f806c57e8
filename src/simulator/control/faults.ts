import { noContent, ok } from '../http/answer.ts'
import { faultSchema } from '../faults/rules.ts'
import type { ControlRoute } from './route.ts'

/** Fault rules. */
export const faultRoutes: ControlRoute[] = [
  { method: 'GET', template: '/faults', handle: ({ faults }) => ok({ faults: faults.dump() }) },
  {
    method: 'POST',
    template: '/faults',
    handle: ({ faults }, call) => ok({ id: faults.add(faultSchema.parse(call.body)) }),
  },
  {
    method: 'DELETE',
    template: '/faults',
    handle: ({ faults }) => {
      faults.clear()
      return noContent
    },
  },
]
