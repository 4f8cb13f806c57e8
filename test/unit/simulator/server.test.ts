import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startSimulator } from '../../../src/simulator/index.ts'
import { account } from './account.ts'
import { dvOrder, dvPath, ovOrder, ovPath } from './bodies.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the rate limit', () => {
  const { api, control } = account({ settings: { rateLimits: { enabled: true, per5Seconds: 3, per5Minutes: 5 } } })

  test('refuses the fourth call in five seconds and the sixth in five minutes', async () => {
    const statuses = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => api('GET', '/user/me')))
      return answers.map(({ status }) => status)
    }
    expect(await statuses(4)).toEqual([200, 200, 200, 429])
    expect((await api('GET', '/user/me')).body.errors[0]!.code).toBe('request_limit_exceeded')
    await control('POST', '/clock', { advanceSeconds: 6 })
    expect(await statuses(3)).toEqual([200, 200, 429])
    await control('POST', '/clock', { advanceSeconds: 300 })
    expect(await statuses(1)).toEqual([200])
  })
})

describe('calls', () => {
  const { api, control } = account()

  test('are counted by endpoint and listed until they are reset', async () => {
    const { body } = await api('POST', dvPath, dvOrder())
    await api('GET', `/order/certificate/${body.id}`)
    await api('GET', '/order/certificate/status-changes?seconds=5')
    await api('GET', '/nowhere')
    const { body: calls } = await control('GET', '/calls')
    expect(calls).toMatchObject({
      total: 4,
      byEndpoint: {
        'POST /order/certificate/{product_id}': 1,
        'GET /order/certificate/{order_id}': 1,
        'GET /order/certificate/status-changes': 1,
        'GET unknown route': 1,
      },
    })
    expect(calls.last.map(({ status }) => status)).toEqual([201, 200, 200, 404])
    await control('DELETE', '/calls')
    expect((await control('GET', '/calls')).body).toEqual({ total: 0, byEndpoint: {}, last: [] })
  })

  test('of 200 orders at once are all answered, each with ids of its own', async () => {
    await control('PUT', '/settings', { instant: true })
    const started = performance.now()
    const orders = Array.from({ length: 200 }, (_, n) => ovOrder({ alternative_order_id: `n${n}` }))
    const answers = await Promise.all(orders.map((order) => api('POST', ovPath, order)))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(200)
    expect(answers.every(({ body }) => body.certificate_chain.length === 3)).toBe(true)
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

describe('the account', () => {
  const { api, control } = account()

  test.each([
    ['/product', { products: expect.arrayContaining([expect.objectContaining({ name_id: 'ssl_ev_basic' })]) }],
    ['/product/ssl_dv_geotrust_flex', { name_id: 'ssl_dv_geotrust_flex', duplicates_allowed: true }],
    [
      '/organization?filters[status]=active',
      { organizations: expect.arrayContaining([expect.objectContaining({ id: 117483 })]) },
    ],
    [
      '/organization/117483/validation',
      { validations: expect.arrayContaining([expect.objectContaining({ type: 'ev', status: 'active' })]) },
    ],
    ['/container', { containers: expect.arrayContaining([expect.objectContaining({ id: 5 })]) }],
    ['/account/metadata', { metadata: [expect.objectContaining({ id: 12, is_required: false })] }],
    ['/finance/balance', { balance: expect.stringMatching(/^\d+\.\d\d$/), currency: 'USD' }],
  ])('answers %s', async (path, expected) => {
    expect(await api('GET', path)).toMatchObject({ status: 200, body: expected })
  })

  test('has products that the settings add, and refuses settings that do not exist', async () => {
    await control('PUT', '/settings', { products: [{ nameId: 'ssl_custom', validation: 'dv' }] })
    expect((await api('POST', '/order/certificate/ssl_custom', dvOrder())).status).toBe(201)
    expect((await api('GET', '/product/ssl_basic')).status).toBe(200)
    expect((await control('PUT', '/settings', { approvall: 'auto' })).status).toBe(400)
    expect((await control('PUT', '/settings', { approval: 'maybe' })).status).toBe(400)
  })
})

test('over HTTPS the server proves itself under the CA that it names', async () => {
  const simulator = await startSimulator({ protocol: 'https', seed: 1 })
  const [response] = (await once(
    request(`${simulator.url}/user/me`, { ca: simulator.caCertificate, headers: { 'X-DC-DEVKEY': 'simulator' } }).end(),
    'response',
  )) as [{ statusCode: number; resume: () => void }]
  response.resume()
  expect(response.statusCode).toBe(200)
  await simulator.close()
})

test('the journal is also a file of JSON lines', async () => {
  const journalFile = join(folder, 'journal')
  const simulator = await startSimulator({ journalFile, settings: { instant: true } })
  const headers = { 'X-DC-DEVKEY': 'simulator' }
  await fetch(simulator.url + dvPath, { method: 'POST', headers, body: JSON.stringify(dvOrder()) })
  await simulator.close()
  const lines = (await readFile(journalFile, 'utf8')).trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['order', 'issue'])
})

test('an address that cannot be bound is an error', async () => {
  const simulator = await startSimulator()
  await expect(startSimulator({ listen: new URL(simulator.url).host })).rejects.toThrow('EADDRINUSE')
  await expect(startSimulator({ listen: 'nowhere' })).rejects.toThrow('host:port')
  await simulator.close()
})

test.each(['SIGTERM', 'SIGINT'] as const)('the command says where it listens and ends with 0 on %s', async (signal) => {
  const caFile = join(folder, 'ca.pem')
  const program = `import { simulatorCommand } from './src/simulator/command.ts'
    await simulatorCommand().parseAsync(process.argv.slice(1), { from: 'user' })`
  const flags = [
    '--listen',
    '127.0.0.1:0',
    '--ca-file',
    caFile,
    '--api-key',
    'k',
    '--view-only-api-key',
    'v',
    '--instant',
  ]
  const args = ['--no-warnings', '--input-type=module', '-e', program, '--', ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { listening, control } = JSON.parse(line) as Record<string, string>
  expect(listening).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/services\/v2$/)
  expect(control).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/simulator$/)
  expect(await readFile(caFile, 'utf8')).toContain('BEGIN CERTIFICATE')
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([0, null])
})
