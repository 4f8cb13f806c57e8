import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Simulator, startSimulator } from '../../../src/simulator/index.ts'
import { type SimulatorControl, simulatorControl } from '../../support/simulator-control.ts'

let simulator: Simulator
let control: SimulatorControl
beforeEach(async () => {
  simulator = await startSimulator()
  control = simulatorControl(simulator.controlUrl)
})
afterEach(() => simulator.close())

const user = () => fetch(`${simulator.url}/user/me`, { headers: { 'x-dc-devkey': 'simulator' } })

describe('the control of the simulator', () => {
  test('begins with nothing ordered and nothing called', async () => {
    expect((await control.state()).counts).toEqual({ orders: 0, paid: 0, reissues: 0, certificates: 0 })
    expect([await control.journal(), await control.paid(), await control.orders()]).toEqual([[], [], []])
    expect((await control.calls()).total).toBe(0)
  })

  test('changes settings and moves the clock', async () => {
    const before = await control.state()

    await control.changeSettings({ approval: 'two-step', issueDelaySeconds: 7 })
    await control.advance(86_400)

    const { settings, now } = await control.state()
    expect(settings).toMatchObject({ approval: 'two-step', issueDelaySeconds: 7 })
    expect(Date.parse(now) - Date.parse(before.now)).toBeGreaterThanOrEqual(86_400_000)
  })

  test('counts calls until it is told to forget them', async () => {
    await (await user()).text()
    expect((await control.calls()).total).toBe(1)

    await control.resetCalls()

    expect((await control.calls()).total).toBe(0)
  })

  test('breaks one call and no other', async () => {
    await control.addFault({ match: { path: '/user/me' }, action: 'status', status: 503 })

    expect([(await user()).status, (await user()).status]).toEqual([503, 200])
  })

  test('mends everything again', async () => {
    await control.addFault({ match: { times: 0 }, action: 'drop-before' })
    await expect(user()).rejects.toThrow()

    await control.clearFaults()

    expect((await user()).status).toBe(200)
  })

  test('passes on what the simulator refuses', async () => {
    await expect(control.approve(1)).rejects.toThrow(/404/)
    await expect(control.changeOrganization(117483, { validated: false })).resolves.toBeUndefined()
    await expect(control.publishRecord('_dnsauth.example.com', 'TXT', ['x'])).resolves.toBeUndefined()
    await expect(control.publishFile('http://example.com/a', 'x')).resolves.toBeUndefined()
  })
})
