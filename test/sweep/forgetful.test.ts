import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createCsr } from '../../src/pki/csr.ts'
import { generateKey } from '../../src/pki/keys.ts'
import { API_KEY, leaks } from '../support/bad-days.ts'
import type { Fault } from '../support/faults.ts'
import { callAsPerson } from '../support/life.ts'
import { SCENARIOS } from '../support/scenarios.ts'
import { note, wrongWith } from '../support/sweep-table.ts'
import { endStage, play, type Scenario, type Stage, startStage } from '../support/sweep.ts'

/** Orders of the same name that people placed before. */
const CROWD = 1000
const AT_A_TIME = 50

/* The answer to the order does not arrive, or not whole. */
const LOST: readonly Fault[] = ['answer lost', 'error after it', 'hang after it', 'half an answer', 'crash after it']

const key = await generateKey({ algorithm: 'ECDSA', size: 256 })

/** People buy for the same name, with a key of their own. */
const crowd = async ({ bed }: Stage, name: string): Promise<void> => {
  const common_name = `${name}.example.com`
  const certificate = { common_name, csr: await createCsr(key, [common_name], common_name), signature_hash: 'sha256' }
  const url = `${bed.simulator.url}/order/certificate/ssl_dv_geotrust_flex`
  const buy = () => callAsPerson(url, 'POST', { certificate, order_validity: { years: 1 } }, API_KEY)
  for (let count = 0; count < CROWD; count += AT_A_TIME) await Promise.all(Array.from({ length: AT_A_TIME }, buy))
}

const CROWDED: Scenario = {
  ...SCENARIOS['issued at once'],
  settings: { forgetsAlternativeOrderIds: 'all', listLagSeconds: 4 },
  purchases: CROWD + 1,
  before: crowd,
}

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => endStage(stage))

describe('at a CertCentral that forgets our ids, lists orders late, and has a thousand of that name', () => {
  let reference: string
  let post: number
  beforeAll(async () => {
    const plain = await play(stage, CROWDED, 'plain')
    expect(wrongWith(plain)).toEqual([])
    reference = plain.end
    post = plain.trace.findIndex(({ label }) => label.startsWith('POST order/'))
  })

  test.each(LOST)('an order under "%s" is found by its key, and bought once', async (fault) => {
    const name = `crowded-${fault.replaceAll(' ', '-')}`

    const run = await play(stage, CROWDED, name, { plans: [{ at: post, fault }], reference })

    const broken = wrongWith(run)
    const orders = run.purchases - CROWD
    note({ scenario: 'issued at once, in a crowd, ids forgotten', fault, runs: 1, orders, broken })
    expect(broken).toEqual([])
  })

  test('tells no key in logs, Events, statuses or metrics', async () => {
    expect(await leaks(stage.bed)).toEqual([])
  })
})
