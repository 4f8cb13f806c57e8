import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createTerminationCheck } from '../../../src/controller/namespaces.ts'
import { type KubeConnection, connect } from '../../../src/kube/client.ts'
import { NOW, anOrder } from '../../support/builders.ts'
import { type FakeApi, type Script, refuse, reply, startFakeApi } from '../kube/support/fake-api.ts'
import { writeKubeconfig } from '../kube/support/kubeconfig-file.ts'

let api: FakeApi
let client: KubeConnection

beforeEach(async () => {
  api = await startFakeApi()
  client = connect({
    kubeconfig: writeKubeconfig({ server: api.url }, {}),
    userAgent: 'test/1',
    requestTimeoutMs: 5000,
  })
})
afterEach(async () => {
  await client.close()
  await api.close()
})

const namespaceThat =
  (metadata: object): Script =>
  (_seen, response) => {
    reply(response, 200, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', ...metadata } })
    return true
  }

const check = () => createTerminationCheck(client, () => NOW)(anOrder())

test('whether a namespace is being deleted is asked by an Event that is not stored', async () => {
  expect(await check()).toBe('stays')
  expect(api.seen).toMatchObject([{ method: 'POST', path: '/api/v1/namespaces/shop/events' }])
  expect(api.seen[0]?.query.get('dryRun')).toBe('All')
})

test.each<readonly [string, number, readonly string[], 'stays' | 'terminating']>([
  ['is being deleted', 403, ['NamespaceTerminating'], 'terminating'],
  ['may not be written to or read', 403, [], 'stays'],
  ['has a quota that is used up', 403, ['QuotaExceeded'], 'stays'],
  ['has a webhook that takes no trials', 400, [], 'stays'],
  ['does not take that Event', 422, ['FieldValueInvalid'], 'stays'],
])('a namespace that %s (%i %j): %s', async (_what, code, causes, answer) => {
  api.script(refuse(code, 'Forbidden', {}, causes))
  expect(await check()).toBe(answer)
})

test.each<readonly [string, Script, 'stays' | 'terminating']>([
  [
    'and the namespace says that it is being deleted',
    namespaceThat({ deletionTimestamp: NOW.toISOString() }),
    'terminating',
  ],
  ['and the namespace says that it stays', namespaceThat({}), 'stays'],
  ['and the namespace may not be read', refuse(403, 'Forbidden'), 'stays'],
])('where nothing may be made in it, %s: %s', async (_what, script, answer) => {
  api.script((seen, response) => (seen.method === 'POST' ? refuse(403, 'Forbidden') : script)(seen, response))
  expect(await check()).toBe(answer)
})

test('where the API server does not say, nothing is concluded from it', async () => {
  api.script(refuse(500))
  await expect(check()).rejects.toThrow('500')
})
