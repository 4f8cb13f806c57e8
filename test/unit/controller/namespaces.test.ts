import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createTerminationCheck } from '../../../src/controller/namespaces.ts'
import { type KubeConnection, connect } from '../../../src/kube/client.ts'
import { NOW, anOrder } from '../../support/builders.ts'
import { type FakeApi, refuse, startFakeApi } from '../kube/support/fake-api.ts'
import { writeKubeconfig } from '../kube/support/kubeconfig-file.ts'

let api: FakeApi
let client: KubeConnection

beforeEach(async () => {
  api = await startFakeApi()
  client = connect({ kubeconfig: writeKubeconfig({ server: api.url }, {}), userAgent: 'test/1', requestTimeoutMs: 500 })
})
afterEach(async () => {
  await client.close()
  await api.close()
})

const check = () => createTerminationCheck(client, () => NOW)(anOrder())

test('whether a namespace is being deleted is asked by an Event that is not stored', async () => {
  expect(await check()).toBe('stays')
  expect(api.seen).toMatchObject([{ method: 'POST', path: '/api/v1/namespaces/shop/events' }])
  expect(api.seen[0]?.query.get('dryRun')).toBe('All')
})

test.each<readonly [string, number, readonly string[], 'stays' | 'terminating']>([
  ['is being deleted', 403, ['NamespaceTerminating'], 'terminating'],
  ['may not be written to', 403, [], 'stays'],
  ['has a quota that is used up', 403, ['QuotaExceeded'], 'stays'],
  ['has a webhook that takes no trials', 400, [], 'stays'],
  ['does not take that Event', 422, ['FieldValueInvalid'], 'stays'],
])('a namespace that %s (%i %j): %s', async (_what, code, causes, answer) => {
  api.script(refuse(code, 'Forbidden', {}, causes))
  expect(await check()).toBe(answer)
})

test('where the API server does not say, nothing is concluded from it', async () => {
  api.script(refuse(500))
  await expect(check()).rejects.toThrow('500')
})
