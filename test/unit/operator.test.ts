import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { healthRoutes } from '../../src/operator.ts'
import { type OperatorOptions, type OperatorProcess, startOperator } from '../support/operator-process.ts'
import { waitFor } from '../support/wait-for.ts'
import { type FakeApi, refuse, reply, startFakeApi } from './kube/support/fake-api.ts'
import { writeKubeconfig } from './kube/support/kubeconfig-file.ts'

let api: FakeApi
let operator: OperatorProcess | undefined
beforeEach(async () => {
  api = await startFakeApi()
})
afterEach(async () => {
  await operator?.kill()
  operator = undefined
  await api.close()
})

const start = async (options: Partial<OperatorOptions> = {}): Promise<OperatorProcess> => {
  operator = await startOperator({ kubeconfig: writeKubeconfig({ server: api.url }, {}), ...options })
  return operator
}

/** Has the process do something when it is told to by SIGUSR2; nothing of it is known to the operator. */
const accident = (script: string) => {
  const source = encodeURIComponent(`process.on('SIGUSR2', () => { ${script} })`)
  return { env: { NODE_OPTIONS: `--import=data:text/javascript,${source}` } }
}

const happen = (): boolean => process.kill(operator!.pid()!, 'SIGUSR2')

const probed = async (path: string): Promise<string> => {
  const answer = await fetch(`${operator!.healthUrl}${path}`).catch(() => undefined)
  return answer ? `${String(answer.status)} ${(await answer.text()).trim()}` : 'nobody answers'
}

describe('the probes of the operator', () => {
  test('say that it lives but is not ready until the last kind is listed', async () => {
    const kinds = ['digicertorders', '/digicertaccounts', 'clusterdigicertaccounts', 'secrets']
    const refused = refuse(403)
    const heals = kinds.map((kind) =>
      api.script((seen, response) => seen.path.includes(kind) && refused(seen, response)),
    )
    const listed = (kind: string) => api.watches().some(({ path }) => path.includes(kind))
    await start({ until: 'started' })
    for (const [at, kind] of kinds.entries()) {
      await waitFor(async () => (await probed('/readyz')) === '503 the caches are not synced yet', {
        what: `operator that is not ready without ${kind}`,
        limitMs: 20_000,
      })
      expect(await probed('/livez')).toBe('200 ok')
      heals[at]!()
      await waitFor(() => listed(kind), { what: `watch of ${kind}`, limitMs: 20_000 })
    }
    await operator!.waitUntilReady()
    expect([await probed('/livez'), await probed('/readyz')]).toEqual(['200 ok', '200 ok'])
  }, 60_000)

  test('say that it lives while there is no API server, for a restart would not bring one', async () => {
    await api.crash()
    await start({ until: 'started' })
    await waitFor(async () => (await probed('/livez')) === '200 ok', { what: 'living operator', limitMs: 20_000 })
    expect(await probed('/readyz')).toBe('503 the caches are not synced yet')
    await api.restart()
    await operator!.waitUntilReady()
  }, 40_000)

  test.each([
    ['no watch is stuck', { stale: false, synced: true }, { livez: 200, readyz: 200 }],
    ['a watch is stuck that was opened anew in vain', { stale: true, synced: true }, { livez: 503, readyz: 200 }],
    ['the caches are not filled', { stale: false, synced: false }, { livez: 200, readyz: 503 }],
  ])('where %s: %j is %j', async (_what, { stale, synced }, wanted) => {
    const asked: number[] = []
    const routes = healthRoutes({
      stale: (afterMs) => {
        asked.push(afterMs)
        return stale
      },
      synced: () => synced,
    })
    const [livez, readyz] = [await routes['/livez']!(), await routes['/readyz']!()]
    expect({ livez: livez.status, readyz: readyz.status }).toEqual(wanted)
    // Longer than the 90 seconds after which a silent watch is opened anew by itself.
    expect(asked).toEqual([300_000])
  })
})

describe('the operator as a process', () => {
  test('ends with 3 and a line of the log over a rejection that nobody handled', async () => {
    const { exit, logs } = await start(accident("void Promise.reject(new TypeError('a is undefined'))"))
    happen()
    expect(await exit()).toBe(3)
    expect(logs().at(-1)).toMatch(/^\S+Z ERROR Unhandled error, exiting.*origin=rejection.*TypeError.*a is undefined/)
  }, 40_000)

  test('ends with 3 over an exception as well, and starts again', async () => {
    const { exit, logs, restart } = await start(accident("throw new RangeError('too far')"))
    happen()
    expect(await exit()).toBe(3)
    expect(logs().at(-1)).toMatch(/origin=exception.*RangeError.*too far/)
    await restart()
    expect(await probed('/readyz')).toBe('200 ok')
  }, 40_000)

  test('goes on over an answer of the API server that makes no sense', async () => {
    const heal = api.script((seen, response) => {
      if (!seen.path.includes('digicertorders')) return false
      reply(response, 200, { kind: 'List', items: 'none', metadata: null })
      return true
    })
    const { logs, pid, waitUntilReady } = await start({ until: 'started' })
    await waitFor(() => logs().some((line) => line.includes('List or watch failed')), {
      what: 'list that failed',
      limitMs: 20_000,
    })
    expect(pid()).toBeDefined()
    heal()
    await waitUntilReady()
  }, 40_000)
})

describe('tracing', () => {
  /** Says of each module of OpenTelemetry that it is loaded. Its bare API is loaded by the client of Prometheus. */
  const SPY = encodeURIComponent(`import { registerHooks } from 'node:module'
    registerHooks({ resolve: (name, context, next) => {
      if (name.includes('opentelemetry')) process.stderr.write('loads ' + name + '\\n')
      return next(name, context)
    } })`)
  const loaded = (logs: readonly string[]) => logs.some((line) => line.startsWith('loads @opentelemetry/sdk-trace'))

  test.each([
    ['loads nothing where no endpoint is named', {}, false],
    ['loads its packages where one is', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
  ])(
    '%s',
    async (_what, env, wanted) => {
      const { logs } = await start({ env: { ...env, NODE_OPTIONS: `--import=data:text/javascript,${SPY}` } })
      expect(loaded(logs())).toBe(wanted)
    },
    40_000,
  )
})
