import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { METRIC_ROWS } from '../../../src/telemetry/metric-definitions.ts'
import { namesIn } from '../../support/promql.ts'

const CHECKOUT = path.join(import.meta.dirname, '..', '..', '..')
const RULES = path.join(CHECKOUT, 'helm/digicert-operator/files/alerts.yaml')
const CASES = path.join(import.meta.dirname, 'alerts')

type Alert = { alert: string; expr: string; labels: { severity: string }; annotations: Record<string, string> }
type Case = { name: string; alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }

const alerts = (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Alert[] }[] }).groups.flatMap(
  ({ rules }) => rules,
)
const casesOf = (alert: string): Case[] =>
  (parse(readFileSync(path.join(CASES, `${alert}.yaml`), 'utf8')) as { tests: Case[] }).tests

const promtool = async (...args: string[]): Promise<string> => {
  const done = await promisify(execFile)('promtool', args, { cwd: CHECKOUT }).catch((error: unknown) => error)
  const { stdout, stderr } = done as { stdout: string; stderr: string }
  return stdout + stderr
}

describe('the alerts', () => {
  test('are rules that Prometheus takes', async () => {
    expect(await promtool('check', 'rules', RULES)).toMatch(`SUCCESS: ${alerts.length} rules found`)
  }, 60_000)

  test('fire and are silent as their cases say, with the words that they say', async () => {
    const files = readdirSync(CASES).map((file) => path.join(CASES, file))
    const told = await promtool('test', 'rules', ...files)
    expect(told).not.toMatch(/FAILED/)
    expect(told.match(/SUCCESS/g)).toHaveLength(files.length)
  }, 120_000)

  test('have a file of cases each, and no file has no alert', () => {
    expect(readdirSync(CASES).sort()).toEqual(alerts.map(({ alert }) => `${alert}.yaml`).sort())
  })

  test.each(alerts.map(({ alert }) => alert))('%s is shown to fire and to be silent', (alert) => {
    const tests = casesOf(alert).flatMap(({ name, alert_rule_test: own }) => own.map((one) => ({ name, ...one })))
    expect(tests.filter(({ alertname }) => alertname !== alert)).toEqual([])
    expect(tests.some(({ exp_alerts: expected }) => expected.length > 0)).toBe(true)
    expect(tests.some(({ exp_alerts: expected }) => expected.length === 0)).toBe(true)
  })

  test.each(alerts.map((alert) => [alert.alert, alert] as const))(
    '%s has a severity, what people read, and where they read on',
    (name, { labels, annotations }) => {
      expect(['warning', 'critical']).toContain(labels.severity)
      expect(annotations['summary']).toBeTruthy()
      expect(annotations['description']).toMatch(/\.$|\)\.$/)
      expect(annotations['runbook_url']).toBe(`docs/metrics.md#${name.toLowerCase()}`)
    },
  )

  test('ask for no metric that the operator does not have, and for none by an instance', () => {
    const known = METRIC_ROWS.flatMap(({ name }) => [name, `${name}_count`, `${name}_sum`, `${name}_bucket`])
    expect(alerts.flatMap(({ expr }) => namesIn(expr)).filter((name) => !known.includes(name))).toEqual([])
    expect(alerts.filter(({ expr }) => /\b(pod|instance)\b/.test(expr))).toEqual([])
  })
})
