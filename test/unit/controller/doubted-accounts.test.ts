import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Accounts, type AccountsOptions } from '../../../src/controller/accounts.ts'
import { createRateLimiters } from '../../../src/controller/rate-limiters.ts'
import { silentLog } from '../../support/silent-log.ts'
import { anAccount } from '../../support/session.ts'
import { NOW } from '../../support/builders.ts'
import { type FakeServer, startServer } from '../certcentral/fake-server.ts'

/** CertCentral that knows whose key it is, and refuses that key to all calls but this one. */
let server: FakeServer
beforeAll(async () => {
  server = await startServer(({ url }, response) => {
    if (url?.endsWith('/user/me')) response.end(JSON.stringify({ id: 1, first_name: 'Ada', last_name: 'Admin' }))
    else response.writeHead(401).end(JSON.stringify({ errors: [{ code: 'access_denied', message: 'no' }] }))
  })
})
afterAll(() => server.close())

const KEY = 'DigiCertAccount/shop/certcentral'

describe('an account whose key is refused to a call and accepted when it is tried', () => {
  test('is looked at again for that once in ten seconds, so that the two answers make no loop', async () => {
    let now = NOW
    const looks: string[] = []
    const account = anAccount({ url: server.url })
    const apiKey = { data: { 'api-key': Buffer.from('A0K3Y').toString('base64') } }
    const accounts = new Accounts({
      kube: {
        get: () => Promise.resolve(apiKey),
        replace: (_resource: object, written: object) => Promise.resolve(written),
      },
      caches: { DigiCertAccount: { get: () => account, applyLocalWrite: () => undefined } },
      ...{ operatorNamespace: 'operator', reach: { allowedHosts: [new URL(server.url).host], allowHttp: 'yes' } },
      ...{ requestTimeoutMs: 5000, userAgent: 'test', rateLimiters: createRateLimiters(), now: () => now },
      ...{ holdSecret: () => () => undefined, onCall: () => undefined, placedOn: () => [], ordersOf: () => [] },
      ...{ log: silentLog, wakeOrders: () => undefined, announce: () => undefined },
      lookAgain: (key: string) => looks.push(key),
    } as unknown as AccountsOptions)
    /** As the controller does for each look that is asked for: the key is tried, then the feed is asked. */
    const pass = async (): Promise<string | undefined> => {
      const session = await accounts.refresh(KEY)
      await session?.client.statusChanges({ seconds: 60 }).catch(() => undefined)
      return session?.verdict.reason
    }
    for (let passes = 0; passes < 5; passes += 1) await pass()
    expect(looks).toEqual([KEY])
    now = new Date(NOW.getTime() + 11_000)
    expect(await pass()).toBe('KeyRefused')
    expect(looks).toEqual([KEY, KEY])
  })
})
