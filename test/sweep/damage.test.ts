import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../src/api/order.ts'
import { ApiServerError } from '../support/api-server.ts'
import { bought, leaks } from '../support/bad-days.ts'
import { conditionOf } from '../support/journey.ts'
import { SCENARIOS } from '../support/scenarios.ts'
import { note } from '../support/sweep-table.ts'
import { endStage, play, quiet, type Stage, startStage } from '../support/sweep.ts'
import { waitFor } from '../support/wait-for.ts'

type Path = readonly (string | number)[]
type Json = Record<string, unknown>

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => endStage(stage))

/** Every field of an object that holds no other, and every object and list in it. */
const pathsIn = (value: unknown, at: Path = []): Path[] => {
  if (typeof value !== 'object' || value === null) return [at]
  const entries = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value)
  return [...(at.length === 0 ? [] : [at]), ...entries.flatMap(([key, item]) => pathsIn(item, [...at, key]))]
}

const valueAt = (from: unknown, path: Path): unknown => path.reduce((value, key) => (value as Json)[key], from)

/** Another value of the same kind, so that the schema takes it; undefined for what has no other. */
const anotherValue = (value: unknown): unknown => {
  if (typeof value === 'number') return value + 1
  if (typeof value !== 'string') return undefined
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return '2020-01-01T00:00:00Z'
  return /^\d{4}-\d\d-\d\d$/.test(value) ? '2020-01-01' : `${value}x`
}

const put = (object: Json, path: Path, value: unknown): Json => {
  const copy = structuredClone(object)
  const holder = valueAt(copy, path.slice(0, -1)) as Json
  const last = path.at(-1) ?? ''
  if (value !== undefined) holder[last] = value
  else if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else Reflect.deleteProperty(holder, last)
  return copy
}

const NAME = 'damaged'
const current = async (): Promise<DigiCertOrder> => (await stage.bed.cluster.order(stage.bed.namespace, NAME))!

/** Writes a status as it is given; false where the schema refuses it. */
const writeStatus = async (status: unknown): Promise<boolean> => {
  const { namespace, cluster } = stage.bed
  const path = `/apis/digicert-operator.io/v1alpha1/namespaces/${namespace}/digicertorders/${NAME}/status`
  const write = async (): Promise<boolean> => {
    try {
      await cluster.send({ method: 'PUT', path, body: { ...(await current()), status } })
      return true
    } catch (error) {
      if (error instanceof ApiServerError && error.status === 422) return false
      throw error
    }
  }
  const taken = await waitFor(async () => ({ is: await write() }), { what: 'write of a status', limitMs: 10_000 })
  return taken.is
}

/** Issued and Ready, or stopped with a reason that people can read. */
const isSaid = (order: DigiCertOrder): boolean => {
  const issuing = conditionOf(order, 'Issuing')
  if (issuing?.reason === 'Issued') return conditionOf(order, 'Ready')?.status === 'True'
  return issuing !== undefined && issuing.message !== ''
}

/** What a free reissue leaves as it is: a name that the damage made known stays with the certificate. */
const standingOf = (order: DigiCertOrder): string =>
  [conditionOf(order, 'Ready')?.status, conditionOf(order, 'Issuing')?.reason, order.status?.order?.purchase].join(', ')

/** What came of one field that was damaged. */
const damage = async (status: object, place: Path, value: unknown): Promise<string[] | undefined> => {
  const wasFaulty = stage.faults.length
  if (!(await writeStatus(valueAt(put({ status }, ['status', ...place], value), ['status'])))) return undefined
  const broken: string[] = []
  await quiet(stage.line).catch(() => broken.push('it goes on writing'))
  const after = await current()
  if (!isSaid(after)) broken.push(`it ends as ${JSON.stringify(after.status?.conditions)}`)
  const purchases = (await bought(stage.bed, NAME)).length
  if (purchases !== 1) broken.push(`${purchases} purchases`)
  await stage.watch.upToDate()
  return [...broken, ...stage.faults.slice(wasFaulty)]
}

describe('an issued order whose status is damaged', () => {
  test('in any one field buys nothing, keeps the pair of its Secret whole, and heals or says what is wrong', async () => {
    await play(stage, SCENARIOS['issued at once'], NAME)
    const status = (await current()).status!
    const broken: string[] = []
    for (const place of pathsIn(status))
      for (const value of new Set([undefined, anotherValue(valueAt(status, place))])) {
        const found = await damage(status, place, value)
        if (!found) continue
        const name = `${place.join('.')} ${value === undefined ? 'removed' : 'changed'}`
        await writeStatus(status)
        await quiet(stage.line)
        const mended = standingOf(await current())
        if (mended !== 'True, Issued, 1') found.push(`it is ${mended} once the field is mended`)
        const named = found.map((what) => `${name}: ${what}`)
        broken.push(...named)
        note({ scenario: 'issued at once', fault: 'a field of its status damaged', runs: 1, orders: 0, broken: named })
      }
    expect(broken).toEqual([])
  })

  test('tells no key in logs, Events, statuses or metrics', async () => {
    expect(await leaks(stage.bed)).toEqual([])
  })
})
