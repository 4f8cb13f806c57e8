import { readFileSync } from 'node:fs'
import { type AddressInfo, type Server, createServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { upstreamOf } from '../../support/api-traffic.ts'
import {
  type Bed,
  accountIn,
  bought,
  keySecretIn,
  leaks,
  orderPost,
  place,
  startBed,
  untilReady,
  untilStalled,
  untilWaiting,
} from '../../support/bad-days.ts'
import type { OperatorProcess } from '../../support/operator-process.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Somebody who would like to be called. */
type Lurker = { server: Server; port: number; called: () => number }

const lurk = async (): Promise<Lurker> => {
  let called = 0
  const server = createServer((socket) => {
    called += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port, called: () => called }
}

let bed: Bed
let operator: OperatorProcess
let lurker: Lurker
beforeAll(async () => {
  lurker = await lurk()
  bed = await startBed({ operator: 'none', account: 'none' })
  operator = await bed.startOperator()
})
afterAll(async () => {
  lurker.server.close()
  await bed.close()
})

const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const LIMITLESS = { policy: { maxOrdersPerDay: 1000 } }

const messagesOf = async (name: string): Promise<string[]> => {
  const order = await bed.cluster.order(bed.namespace, name)
  return (order?.status?.conditions ?? []).map(({ message }) => message)
}

describe('an account that names a host which is none of CertCentral', () => {
  const urls: Record<string, (port: number) => string> = {
    metadata: () => 'http://169.254.169.254/latest/meta-data',
    'metadata-as-a-number': () => 'http://2852039166/latest/meta-data',
    'metadata-by-name': () => 'http://metadata.google.internal/computeMetadata/v1',
    'api-server-by-name': () => 'https://kubernetes.default.svc/api/v1',
    'this-machine': (port) => `http://127.0.0.1:${port}/services/v2`,
    'this-machine-by-name': (port) => `http://localhost:${port}/services/v2`,
    'this-machine-as-a-number': (port) => `http://2130706433:${port}/services/v2`,
    'this-machine-in-short': (port) => `http://127.1:${port}/services/v2`,
    'this-machine-of-ipv6': (port) => `http://[::1]:${port}/services/v2`,
    'this-machine-in-ipv6': (port) => `http://[::ffff:127.0.0.1]:${port}/services/v2`,
    'any-address': (port) => `http://0.0.0.0:${port}/services/v2`,
  }
  const names = [...Object.keys(urls), 'api-server']

  beforeAll(async () => {
    const { target } = await upstreamOf(process.env['KUBECONFIG'] ?? '')
    for (const name of names) {
      const url = urls[name]?.(lurker.port) ?? `${target}/api/v1`
      await bed.cluster.apply(accountIn(bed, name, { url }))
      await place(bed, name, { accountRef: { name } })
    }
  })

  test.each(names)('%s is told that, and nobody is called', async (name) => {
    expect(await untilStalled(bed, name, 'AccountNotReady')).toMatch(/host \S+ is not one of --allowed-hosts/)
    expect(await bought(bed, name)).toEqual([])
    expect(lurker.called()).toBe(0)
  })
})

describe('an account that names the entry of its Secret', () => {
  test.each(['constructor', '__proto__', 'toString'])(
    '%s, which JavaScript gives a meaning to, lacks it',
    async (key) => {
      const name = `entry-${key.replaceAll('_', '').toLowerCase()}`
      await bed.cluster.apply([
        keySecretIn(bed.namespace, name),
        accountIn(bed, name, { apiKeySecretRef: { name, key } })[1]!,
      ])
      await place(bed, name, { accountRef: { name } })
      expect(await untilStalled(bed, name, 'AccountNotReady')).toContain(`has no entry ${key}`)
    },
  )
})

describe('CertCentral that', () => {
  beforeAll(async () => {
    await bed.cluster.apply(accountIn(bed, 'certcentral', LIMITLESS))
  })
  beforeEach(() => bed.control.clearFaults())

  test('sends an order elsewhere is not followed; the order is placed where it belongs once it takes it', async () => {
    const location = `http://127.0.0.1:${lurker.port}/services/v2`
    const path = '^/order/alternate/'
    await bed.control.addFault({
      match: { path, times: 0 },
      action: 'status',
      status: 307,
      headers: { location },
    })
    await place(bed, 'sent-elsewhere')
    const isSaid = async () =>
      (await messagesOf('sent-elsewhere')).some((message) =>
        message.includes(`a redirect to 127.0.0.1:${lurker.port}, which is not followed`),
      )
    await waitFor(isSaid, { what: 'redirect that is told', limitMs: 20_000 })
    expect(lurker.called()).toBe(0)
    expect(await bought(bed, 'sent-elsewhere')).toEqual([])

    await bed.control.clearFaults()
    await untilReady(bed, 'sent-elsewhere', 60_000)
    expect(await bought(bed, 'sent-elsewhere')).toHaveLength(1)
    expect(lurker.called()).toBe(0)
  }, 90_000)

  test('says what steers a terminal has it shown nowhere: not in statuses, not in Events, not in the log', async () => {
    const words = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp\u2028\r\n2026-11-24T12:00:00Z ERROR forged'
    await bed.control.addFault({
      match: orderPost(),
      action: 'status',
      status: 400,
      code: `bad${words}|field${words}`,
      message: `No. ${words}`,
    })
    await place(bed, 'steered')

    const said = await untilStalled(bed, 'steered', 'OrderRefused')
    expect(said).toMatch(/No\. .*forged/)
    const events = await waitFor(
      async () => {
        const seen = await bed.cluster.events(bed.namespace, 'steered')
        return seen.some(({ reason }) => reason === 'OrderRefused') && seen
      },
      { what: 'Event of the refusal', limitMs: 10_000 },
    )
    const texts: string[] = []
    JSON.stringify([await bed.cluster.order(bed.namespace, 'steered'), events], (_name, value: unknown) => {
      if (typeof value === 'string') texts.push(value)
      return value
    })
    expect(texts.filter((text) => STEERING.test(text))).toEqual([])
    const log = readFileSync(operator.logFile, 'utf8').replaceAll('\n', '')
    expect(log).toContain('forged')
    expect(log).not.toMatch(STEERING)
    expect(operator.logs().some((line) => line.startsWith('2026-11-24T12:00:00Z ERROR forged'))).toBe(false)
  })

  test('answers a look-up without an end is cut off: nothing is bought before one is read, and memory stays', async () => {
    const before = memoryMiB()
    await bed.control.addFault({
      match: { method: 'GET', path: '^/order/alternate/', times: 0 },
      action: 'huge-body',
      bytes: 2 ** 31,
    })
    await place(bed, 'drowned')

    expect(await untilWaiting(bed, 'drowned', 'CertCentralUnavailable')).toContain('its body was too large')
    expect(await bought(bed, 'drowned')).toEqual([])
    expect(memoryMiB() - before).toBeLessThan(200)

    await bed.control.clearFaults()
    await untilReady(bed, 'drowned', 60_000)
    expect(await bought(bed, 'drowned')).toHaveLength(1)
  }, 90_000)

  /** The most memory that the operator ever had. */
  const memoryMiB = (): number => {
    const status = readFileSync(`/proc/${String(operator.pid())}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
  }
})

describe('a tenant that names an account of its own', () => {
  const REFERENCE = { kind: 'DigiCertAccount', name: 'blinding' } as const
  const own = (apiKey: string) => accountIn({ ...bed, namespace: bed.otherNamespace }, REFERENCE.name, { apiKey })
  const series = async () => {
    const body = await (await fetch(operator.metricsUrl)).text()
    return body.split('\n').filter((line) => line.includes(`${bed.otherNamespace}/${REFERENCE.name}`))
  }
  const isRefused = async () => (await series()).some((line) => line.includes('reason="KeyRefused"'))

  beforeAll(async () => {
    await bed.cluster.apply(accountIn(bed, 'certcentral', LIMITLESS))
    await bed.cluster.apply(own('blindord'))
    await waitFor(isRefused, { what: 'account whose key is refused', limitMs: 20_000 })
  })

  test('with the name of an order of another tenant for its key hides nothing of that order in the log', async () => {
    await place(bed, 'blindord')
    await untilReady(bed, 'blindord')
    const lines = operator.logs().filter((line) => line.includes(' name=blindord '))
    expect(lines.length).toBeGreaterThan(3)
    expect(operator.logs().filter((line) => line.includes('name=[redacted]'))).toEqual([])
  })

  test('has no series in the metrics any more, once it is deleted', async () => {
    expect((await series()).some((line) => line.startsWith('digicert_operator_certcentral_requests_total{'))).toBe(true)
    await bed.cluster.remove({ ...REFERENCE, namespace: bed.otherNamespace })
    await waitFor(async () => (await series()).length === 0, { what: 'end of its series', limitMs: 20_000 })
  })
})

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
