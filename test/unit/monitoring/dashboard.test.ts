import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { METRIC_ROWS } from '../../../src/telemetry/metric-definitions.ts'
import { dashboardQuestions } from '../../support/dashboard.ts'
import { namesIn } from '../../support/promql.ts'

const FILE = path.join(import.meta.dirname, '../../../helm/digicert-operator/files/dashboard.json')

type Place = { x: number; y: number; w: number; h: number }
type Panel = { id: number; title: string; type: string; description?: string; gridPos: Place }
type Dashboard = { uid: string; templating: { list: { name: string }[] }; panels: Panel[] }

const text = readFileSync(FILE, 'utf8')
const { uid, templating, panels } = JSON.parse(text) as Dashboard

const overlap = (a: Place, b: Place): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

describe('the dashboard', () => {
  test('has a uid of its own, and answers its questions from top to bottom', () => {
    expect(uid).toBe('digicert-operator')
    expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      'At a glance',
      'What lapses next',
      'What waits for whom',
      'What did we buy',
      'Calls and rate limit',
      'Health',
    ])
  })

  test('says of each panel what it shows, and puts none upon another', () => {
    expect(panels.filter(({ type, description }) => type !== 'row' && !description).map(({ title }) => title)).toEqual(
      [],
    )
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const upon = panels.flatMap((a) =>
      panels.filter((b) => a.id < b.id && overlap(a.gridPos, b.gridPos)).map((b) => `${a.title} and ${b.title}`),
    )
    expect(upon).toEqual([])
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
  })

  test('uses no variable that it does not declare, and none in vain', () => {
    const declared = templating.list.map(({ name }) => name)
    const used = [...text.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name).filter((name) => !name.startsWith('__'))
    expect([...new Set(used)].sort()).toEqual(declared.sort())
  })

  test('asks for metrics that the operator has', () => {
    const known = METRIC_ROWS.flatMap(({ name }) => [name, `${name}_count`, `${name}_sum`, `${name}_bucket`])
    const strange = dashboardQuestions()
      .flatMap(({ expression }) => namesIn(expression))
      .filter((name) => !known.includes(name) && !/^(process|nodejs)_/.test(name))
    expect(strange).toEqual([])
  })

  test('shows every metric that an order, an account or a budget has', () => {
    const shown = dashboardQuestions().flatMap(({ expression }) => namesIn(expression))
    const unseen = METRIC_ROWS.map(({ name }) => name).filter(
      (name) => name.startsWith('digicert_operator_') && !shown.some((one) => one.startsWith(name)),
    )
    expect(unseen).toEqual([
      'digicert_operator_certificate_not_before_timestamp_seconds',
      'digicert_operator_certificate_ready_status',
      'digicert_operator_account_ready_status',
      'digicert_operator_account_clock_ahead_seconds',
      'digicert_operator_informer_synced',
    ])
  })
})
