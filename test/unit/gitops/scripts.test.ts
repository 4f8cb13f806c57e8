import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { BUILD_LIMIT_MS, answerTo, evaluator, healthOf } from './evaluator.ts'
import { KINDS, type Manifest, SCRIPTS, manifest, testsOf, textOf } from './scripts.ts'

type Action = { name: string; disabled?: boolean }
type ActionTests = {
  discoveryTests: { inputPath: string; result: Action[] }[]
  actionTests: { action: string; inputPath: string; expectedOutputPath: string }[]
}

/* UPDATE_STATUSES=1, here and in test/apiserver/gitops, writes the files again that the operator's statuses are in. */
const UPDATE = process.env['UPDATE_STATUSES'] === '1'

beforeAll(() => void evaluator(), BUILD_LIMIT_MS)

const cases = (file: 'health_test.yaml' | 'kstatus_test.yaml') =>
  KINDS.flatMap((kind) => testsOf(kind, file).map((one) => [kind, one.inputPath, one.healthStatus] as const))

describe('Argo CD, by our health.lua, shows', () => {
  test.each(cases('health_test.yaml'))('%s %s as %p', (kind, path, expected) => {
    const health = healthOf(manifest(kind, path), textOf(kind, 'health.lua'))
    expect(health).toMatchObject(expected)
    expect(health.message).not.toBe('')
  })

  test.each(KINDS)('a %s that nobody has looked at yet as Progressing', (kind) => {
    const fresh = manifest(kind, testsOf(kind, 'health_test.yaml')[0]!.inputPath)
    delete fresh.status
    expect(healthOf(fresh, textOf(kind, 'health.lua')).status).toBe('Progressing')
  })
})

describe('kstatus reads', () => {
  test.each(cases('kstatus_test.yaml'))('%s %s as %p', (kind, path, expected) => {
    expect(healthOf(manifest(kind, path)).status).toBe(expected.status)
  })
})

test.each(KINDS)('every status of %s that is kept is tested for Argo CD and for kstatus', (kind) => {
  const kept = readdirSync(join(SCRIPTS, kind, 'testdata')).filter((name) => name.endsWith('.yaml'))
  for (const file of ['health_test.yaml', 'kstatus_test.yaml'] as const)
    expect(
      testsOf(kind, file)
        .map(({ inputPath }) => inputPath)
        .sort(),
    ).toEqual(kept.map((name) => `testdata/${name}`).sort())
})

const ORDER = 'DigiCertOrder'
const actions = parse(textOf(ORDER, 'actions', 'action_test.yaml')) as ActionTests
const names = ['check', 'order-again', 'reissue', 'resume', 'suspend']
const act = (action: string, object: object) =>
  answerTo({ ask: 'act', object, script: textOf(ORDER, 'actions', action, 'action.lua') }) as Manifest

/** The time of the test, as far as it went into an annotation. */
const timeless = (object: object): object =>
  JSON.parse(
    JSON.stringify(object).replace(/("digicert-operator.io\/[a-z]+-requested-at":")[^"]+Z"/g, '$1<now>"'),
  ) as object

describe('the actions of a DigiCertOrder in Argo CD', () => {
  test.each(actions.discoveryTests.map(({ inputPath, result }) => [inputPath, result] as const))(
    'are offered for %s where they make sense',
    (path, expected) => {
      const script = textOf(ORDER, 'actions', 'discovery.lua')
      expect(answerTo({ ask: 'discover', object: manifest(ORDER, path), script })).toEqual(expected)
    },
  )

  test.each(actions.actionTests.map((one) => [one.action, one.inputPath, one.expectedOutputPath] as const))(
    '%s of %s change what they are to change',
    (action, path, expected) => {
      const changed = act(action, manifest(ORDER, path))
      if (UPDATE) writeFileSync(join(SCRIPTS, ORDER, expected), stringify(timeless(changed), { lineWidth: 0 }))
      expect(timeless(changed)).toEqual(manifest(ORDER, expected))
    },
  )

  test('each have a script and a test', () => {
    const tested = actions.actionTests.map(({ action }) => action).sort()
    const scripted = readdirSync(join(SCRIPTS, ORDER, 'actions')).filter((name) =>
      existsSync(join(SCRIPTS, ORDER, 'actions', name, 'action.lua')),
    )
    expect([tested, scripted.sort()]).toEqual([names, names])
  })

  test('order-again gives up what was sent without an answer, and fails where there is nothing to give up', () => {
    const rest = manifest(ORDER, 'testdata/issued.yaml')
    delete rest.status
    const stalled = { type: 'Stalled', status: 'True', reason: 'OutcomeUnknown', message: '' }
    const unknown = { ...rest, status: { conditions: [stalled], intent: { alternativeOrderId: 'a1b2' } } }
    expect(act('order-again', unknown)).toMatchObject({
      metadata: { annotations: { 'digicert-operator.io/order-again': 'a1b2' } },
    })
    expect(() => act('order-again', rest)).toThrow('there is no order to give up')
  })
})
