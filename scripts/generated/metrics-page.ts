import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { METRIC_ROWS } from '../../src/telemetry/metric-definitions.ts'
import { code, table } from './markdown.ts'

const PAGE = 'docs/metrics.md'
const ALERTS = 'helm/digicert-operator/files/alerts.yaml'

type Alert = { alert: string; for?: string; labels: { severity: string }; annotations: { summary: string } }

const metricTable = (): string =>
  table(
    ['Metric', 'Type', 'Labels', 'From', 'Meaning'],
    METRIC_ROWS.map(({ name, type, labels, from, help }) => [
      code(name),
      type,
      labels.map(code).join(', '),
      from,
      help.replaceAll('<', '`<').replaceAll('>', '>`'),
    ]),
  )

/** A template of Prometheus as a person reads it: labels stand for themselves. */
const readable = (summary: string): string => summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, '`$1`')

const alertTable = (root: string): string => {
  const { groups } = parse(readFileSync(path.join(root, ALERTS), 'utf8')) as { groups: { rules: Alert[] }[] }
  return table(
    ['Alert', 'Severity', 'Holds for', 'Says'],
    groups
      .flatMap(({ rules }) => rules)
      .map(({ alert, for: lasting = '0', labels, annotations }) => [
        `[${alert}](#${alert.toLowerCase()})`,
        labels.severity,
        lasting,
        readable(annotations.summary),
      ]),
  )
}

/** The page with one of its tables made anew. */
const withTable = (page: string, name: string, made: string): string => {
  const [begin, end] = [`<!-- begin ${name}: made by npm run generate -->`, `<!-- end ${name} -->`]
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for its ${name}: ${begin} … ${end}`)
  const kept = '<!-- prettier-ignore-start -->'
  return `${page.slice(0, from + begin.length)}\n${kept}\n\n${made}\n\n${kept.replace('start', 'end')}\n${page.slice(to)}`
}

/** The text of `docs/metrics.md`: written by hand but for its tables of metrics and of alerts. */
export const metricsPage = (root: string): string => {
  const page = readFileSync(path.join(root, PAGE), 'utf8')
  return withTable(withTable(page, 'metrics', metricTable()), 'alerts', alertTable(root))
}
