import { nameOf } from '../../kube/client.ts'
import type { Sample } from '../../telemetry/metrics.ts'
import type { Memory } from '../memory.ts'

/** The repairs of each Secret, by who made them necessary. */
export const samplesOfRepairs = ({ repaired }: Pick<Memory, 'repaired'>): Sample[] =>
  repaired().flatMap(([key, { totals }]) => {
    const { namespace = '', name } = nameOf(key)
    return [...totals].map(([manager, value]) => ({
      name: 'digicert_operator_secret_repairs_total' as const,
      labels: { namespace, name, manager },
      value,
    }))
  })
