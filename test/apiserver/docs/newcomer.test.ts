import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { isReady } from '../../support/cluster.ts'
import { guardedDirectory } from '../../support/guard.ts'
import { type Prometheus, startPrometheus } from '../../support/prometheus.ts'
import { waitFor } from '../../support/wait-for.ts'
import { readPage, type Shell } from './reading.ts'
import { openStage, type Stage } from './stage.ts'

const LIMIT = 60_000

let stage: Stage
let prometheus: Prometheus | undefined
beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  await prometheus?.stop()
  await stage.close()
})

/** What Prometheus gets of the chart where its operator has taken up the PrometheusRule. */
async function rulesOfChart(run: Shell): Promise<string> {
  const { code, output } = await run(
    `helm template digicert-operator helm/digicert-operator --set metrics.prometheusRule.enabled=true \\
      --show-only templates/monitoring/prometheusrule.yaml`,
  )
  expect(code).toBe(0)
  const { spec } = parse(output) as { spec: object }
  const file = join(guardedDirectory('rules'), 'rules.yaml')
  writeFileSync(file, stringify(spec))
  return file
}

/** The order of the README once more, under another name and with the same Secret. */
const SECOND_ORDER = `sed -n '/^---$/,$p' first-order.yaml | sed 's/name: api,/name: second,/' | kubectl apply -f -
`

test('from the README and the chart to a first order, and to an alert of Prometheus about a second one', async () => {
  const run = await readPage(stage, 'README.md')
  const first = await stage.cluster.order('shop', 'api')
  expect(first && isReady(first)).toBe(true)

  prometheus = await startPrometheus({ metricsUrl: stage.metricsUrl(), rules: await rulesOfChart(run) })
  expect(await run(SECOND_ORDER)).toMatchObject({ code: 0 })

  const firing = async () => {
    const alerts = (await prometheus?.alerts()) ?? []
    const told = alerts.filter(({ state, labels }) => state === 'firing' && labels['namespace'] === 'shop')
    return told.length > 0 && told.map(({ labels }) => [labels['alertname'], labels['name'], labels['reason']])
  }
  const alerts = await waitFor(firing, { what: 'firing alert', limitMs: LIMIT, everyMs: 250 })
  expect(alerts).toEqual([['DigiCertOrderStalled', 'second', 'SecretClaimedByOtherOrder']])
  expect(await stage.certCentral().control.paid()).toHaveLength(1)
}, 240_000)
