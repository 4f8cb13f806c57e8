import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Routes, type RunningServer, probe, serve } from '../../../src/telemetry/http-server.ts'

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

const running: RunningServer[] = []

const start = async (routes: Routes): Promise<string> => {
  const server = await serve('127.0.0.1:0', routes)
  running.push(server)
  return `http://127.0.0.1:${String(server.port)}`
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

describe('the server of probes and figures', () => {
  test('answers a probe with 200 or 503, and the reason', async () => {
    const state = { ok: true, text: 'ok' }
    const url = await start({ '/readyz': probe(() => state) })
    const good = await fetch(`${url}/readyz?verbose=1`)
    expect([good.status, await good.text(), good.headers.get('content-type')]).toEqual([
      200,
      'ok\n',
      'text/plain; charset=utf-8',
    ])
    Object.assign(state, { ok: false, text: 'the caches are not filled' })
    const bad = await fetch(`${url}/readyz`)
    expect([bad.status, await bad.text()]).toEqual([503, 'the caches are not filled\n'])
  })

  test.each([
    ['GET', '/'],
    ['GET', '/other'],
    ['GET', '/readyz/more'],
    ['GET', '/__proto__'],
    ['GET', '/constructor'],
    ['POST', '/readyz'],
    ['DELETE', '/readyz'],
  ])('answers %s %s with 404', async (method, path) => {
    const url = await start({ '/readyz': probe(() => ({ ok: true, text: 'ok' })) })
    expect((await fetch(url + path, { method })).status).toBe(404)
  })

  test.each([
    ['as it is to whoever does not ask for gzip', 'identity', 9000, null],
    ['packed to whoever takes gzip, as Prometheus does', 'gzip', 9000, 'gzip'],
    ['as it is where it is short', 'gzip', 20, null],
  ])('gives an answer %s', async (_how, encoding, length, packed) => {
    const body = 'figure 1\n'.repeat(length / 10)
    const url = await start({ '/metrics': () => Promise.resolve({ status: 200, type: 'text/plain', body }) })
    const answer = await fetch(`${url}/metrics`, { headers: { 'accept-encoding': encoding } })
    expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual([packed, body])
  })

  test('answers 500 where a figure cannot be read, and goes on', async () => {
    const url = await start({
      '/metrics': () => Promise.reject(new Error('secret detail')),
      '/healthz': probe(() => ({ ok: true, text: 'ok' })),
    })
    const broken = await fetch(`${url}/metrics`)
    expect([broken.status, await broken.text()]).toEqual([500, ''])
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  test('says that its address is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await expect(serve(`127.0.0.1:${port}`, {})).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await new Promise((resolve) => other.close(resolve))
  })

  test('closes with connections open', async () => {
    const url = await start({ '/healthz': probe(() => ({ ok: true, text: 'ok' })) })
    await fetch(`${url}/healthz`)
    await running.pop()!.close()
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
  })

  const withIpv6 = hasIpv6 ? test : test.skip
  withIpv6('listens on an address of IPv6 in brackets', async () => {
    const server = await serve('[::1]:0', { '/healthz': probe(() => ({ ok: true, text: 'ok' })) })
    running.push(server)
    expect((await fetch(`http://[::1]:${server.port}/healthz`)).status).toBe(200)
  })
})
