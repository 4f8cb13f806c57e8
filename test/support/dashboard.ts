import { readFileSync } from 'node:fs'
import path from 'node:path'

type Panel = { readonly title: string; readonly type: string; readonly targets?: readonly { readonly expr: string }[] }

const FILE = path.join(import.meta.dirname, '..', '..', 'helm/digicert-operator/files/dashboard.json')

/** What Grafana would put for the variables with everything selected. */
const VARIABLES: Readonly<Record<string, string>> = {
  $__rate_interval: '1m',
  $__range: '1h',
  $namespace: '.*',
  $account: '.*',
  $job: '.*',
}

/** The dashboard, with each question as Grafana would ask it, by the panel that asks it. */
export function dashboardQuestions(): { panel: string; expression: string }[] {
  const { panels } = JSON.parse(readFileSync(FILE, 'utf8')) as { panels: readonly Panel[] }
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      expression: expr.replaceAll(/\$\w+/g, (name) => VARIABLES[name] ?? name),
    })),
  )
}
