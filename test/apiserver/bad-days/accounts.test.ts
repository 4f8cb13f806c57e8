import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Account } from '../../../src/api/account.ts'
import { ACCOUNT_REASONS } from '../../../src/api/reasons.ts'
import {
  type Bed,
  VIEW_ONLY_KEY,
  WRONG_KEY,
  accountIn,
  bought,
  keySecretIn,
  leaks,
  orderIn,
  orderPost,
  place,
  startBed,
  untilReady,
  untilStalled,
} from '../../support/bad-days.ts'
import { conditionOf } from '../../support/journey.ts'
import { waitFor } from '../../support/wait-for.ts'

let bed: Bed
beforeAll(async () => {
  bed = await startBed({ account: 'none' })
})
afterAll(() => bed.close())

const orderOf = (account: string, name = account) => place(bed, name, { accountRef: { name: account } })

/* Two polls, for what is read again at each of them, and a little for the work itself. */
const A_FEW_POLLS = 8_000

describe('an order whose account is not there', () => {
  test('says which account does not exist, and is Ready once it does', async () => {
    await orderOf('late')

    expect(await untilStalled(bed, 'late', 'AccountNotFound')).toContain(
      `DigiCertAccount ${bed.namespace}/late does not exist; create it`,
    )
    expect(await bought(bed, 'late')).toEqual([])

    await bed.cluster.apply(accountIn(bed, 'late'))

    await untilReady(bed, 'late', A_FEW_POLLS)
    expect(await bought(bed, 'late')).toHaveLength(1)
  })

  test('says which Secret its account lacks, and is Ready once that exists', async () => {
    const [secret, account] = accountIn(bed, 'keyless')
    await bed.cluster.apply(account!)
    await orderOf('keyless')

    expect(await untilStalled(bed, 'keyless', 'AccountNotReady')).toContain(
      `Secret ${bed.namespace}/keyless does not exist: create it`,
    )

    await bed.cluster.apply(secret!)

    await untilReady(bed, 'keyless', A_FEW_POLLS)
    expect(await bought(bed, 'keyless')).toHaveLength(1)
  })

  test('says what its account lacks now, and not what it lacked before; the account has an Event for each', async () => {
    const secretOf = (data: Record<string, string>) => ({
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'changing', namespace: bed.namespace } },
      stringData: data,
    })
    const says = async (sentence: string) =>
      waitFor(
        async () =>
          conditionOf((await bed.cluster.order(bed.namespace, 'changing'))!, 'Stalled')?.message.includes(sentence),
        { what: sentence, limitMs: A_FEW_POLLS },
      )
    await bed.cluster.apply(accountIn(bed, 'changing')[1]!)
    await orderOf('changing')
    const secret = `Secret ${bed.namespace}/changing`
    await says(`${secret} does not exist: create it`)
    await bed.cluster.apply(secretOf({ 'another-key': 'simulator' }))
    await says(`${secret} has no entry api-key: add it`)
    await bed.cluster.apply(secretOf({ 'api-key': ' ' }))
    await says(`The entry api-key of ${secret} is empty`)
    await bed.cluster.apply(secretOf({ 'api-key': WRONG_KEY }))
    await says('refuses the API key')
    await bed.cluster.apply(keySecretIn(bed.namespace, 'changing'))
    await untilReady(bed, 'changing', A_FEW_POLLS)

    const events = () => bed.cluster.events(bed.namespace, 'changing')
    const ofAccount = async () => (await events()).filter(({ reason }) => reason in ACCOUNT_REASONS)
    await waitFor(async () => (await ofAccount()).length >= 3, {
      what: 'the Events of the account',
      limitMs: A_FEW_POLLS,
    })
    expect((await ofAccount()).map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning SecretNotFound',
      'Warning KeyRefused',
      'Normal KeyAccepted',
    ])
  })

  test('does not use the account of that name in another namespace', async () => {
    await bed.cluster.apply(accountIn({ ...bed, namespace: bed.otherNamespace }, 'elsewhere'))
    await orderOf('elsewhere')

    expect(await untilStalled(bed, 'elsewhere', 'AccountNotFound')).toContain(`${bed.namespace}/elsewhere`)
    expect(await bought(bed, 'elsewhere')).toEqual([])
  })
})

describe('an API key', () => {
  test('that CertCentral refuses, which it does by 403, stalls the order until it is corrected in its Secret', async () => {
    await bed.cluster.apply([keySecretIn(bed.namespace, 'refused', WRONG_KEY), accountIn(bed, 'refused')[1]!])
    await orderOf('refused')

    expect(await untilStalled(bed, 'refused', 'AccountNotReady')).toMatch(/refuses the API key: put a valid key/)

    await bed.cluster.apply(keySecretIn(bed.namespace, 'refused'))

    await untilReady(bed, 'refused', A_FEW_POLLS)
    expect(await bought(bed, 'refused')).toHaveLength(1)
  })

  test('that CertCentral refuses (401) for a moment, while the order is placed, lets it go on when it is accepted', async () => {
    await bed.cluster.apply(accountIn(bed, 'moment'))
    await bed.control.addFault({ match: orderPost(), action: 'status', status: 401 })
    await orderOf('moment')

    await untilReady(bed, 'moment', A_FEW_POLLS)
    expect(await bought(bed, 'moment')).toHaveLength(1)
  })

  test('that CertCentral refuses by 403 for a moment, while the order is placed, is no refusal of the order', async () => {
    await bed.cluster.apply(accountIn(bed, 'revoked'))
    const code = 'access_denied|access_denied_invalid_key'
    await bed.control.addFault({ match: orderPost(), action: 'status', status: 403, code })
    await orderOf('revoked')

    await untilReady(bed, 'revoked', A_FEW_POLLS)
    expect(await bought(bed, 'revoked')).toHaveLength(1)
  })

  test('that may only view (403) stalls the order until it is replaced', async () => {
    await bed.cluster.apply([keySecretIn(bed.namespace, 'viewer', VIEW_ONLY_KEY), accountIn(bed, 'viewer')[1]!])
    await orderOf('viewer')

    expect(await untilStalled(bed, 'viewer', 'OrderRefused')).toMatch(/missing_permission.*lacks the permission/)
    expect(await bought(bed, 'viewer')).toEqual([])

    await bed.cluster.apply(keySecretIn(bed.namespace, 'viewer'))

    await untilReady(bed, 'viewer', A_FEW_POLLS)
    expect(await bought(bed, 'viewer')).toHaveLength(1)
  })

  test('that breaks an HTTP header is refused in words, and never shown', async () => {
    const [, account] = accountIn(bed, 'broken')
    await bed.cluster.apply([keySecretIn(bed.namespace, 'broken', `${WRONG_KEY}\r\nx-evil: 1`), account!])
    await orderOf('broken')

    expect(await untilStalled(bed, 'broken', 'AccountNotReady')).toMatch(/API key/)

    await bed.cluster.apply(keySecretIn(bed.namespace, 'broken'))
    await untilReady(bed, 'broken', A_FEW_POLLS)
  })
})

describe('an account', () => {
  const statusOf = async (name: string) => {
    const resource = { apiVersion: 'digicert-operator.io/v1alpha1', kind: 'DigiCertAccount' }
    return ((await bed.cluster.get({ ...resource, name, namespace: bed.namespace })) as Account | undefined)?.status
  }

  test('whose key is replaced by one that CertCentral refuses says so though none of its orders needs it', async () => {
    await bed.cluster.apply(accountIn(bed, 'doubted'))
    await orderOf('doubted')
    await untilReady(bed, 'doubted', A_FEW_POLLS)
    await bed.cluster.apply(keySecretIn(bed.namespace, 'doubted', WRONG_KEY))
    await waitFor(async () => (await statusOf('doubted'))?.conditions?.[0]?.reason === 'KeyRefused', {
      what: 'refused key',
      limitMs: A_FEW_POLLS,
    })
  })

  test('that CertCentral asks for a pause (429) says until when, and no more once it is over', async () => {
    await bed.cluster.apply(accountIn(bed, 'paused'))
    await bed.control.addFault({ match: orderPost(), action: 'too-many', retryAfterSeconds: 3 })
    const began = Date.now()
    await orderOf('paused')
    const until = await waitFor(async () => (await statusOf('paused'))?.pausedUntil, {
      what: 'pausedUntil',
      limitMs: A_FEW_POLLS,
    })
    expect(Date.parse(until) - began).toBeGreaterThan(2000)
    expect(Date.parse(until) - began).toBeLessThan(A_FEW_POLLS + 5000)
    await untilReady(bed, 'paused', A_FEW_POLLS)
    await waitFor(async () => (await statusOf('paused'))?.pausedUntil === undefined, {
      what: 'the end of the pause',
      limitMs: A_FEW_POLLS,
    })
  })
})

describe('the URL of an account', () => {
  test('must be on an allowed host; the order goes on once it is', async () => {
    await bed.cluster.apply(accountIn(bed, 'astray', { url: 'https://certcentral.example.net/services/v2' }))
    await orderOf('astray')

    expect(await untilStalled(bed, 'astray', 'AccountNotReady')).toMatch(
      /certcentral\.example\.net is not one of --allowed-hosts/,
    )

    await bed.cluster.apply(accountIn(bed, 'astray'))

    await untilReady(bed, 'astray', A_FEW_POLLS)
    expect(await bought(bed, 'astray')).toHaveLength(1)
  })

  test('is not escaped by a user part or a host that only begins like an allowed one', async () => {
    const port = new URL(bed.simulator.url).port
    const accounts = { suffix: `http://127.0.0.1.example.net:${port}/services/v2`, zero: `http://127.1.0.1:${port}` }
    for (const [name, url] of Object.entries(accounts)) {
      await bed.cluster.apply(accountIn(bed, name, { url }))
      await orderOf(name)
      expect(await untilStalled(bed, name, 'AccountNotReady')).toMatch(/is not one of --allowed-hosts/)
    }
    await expect(
      bed.cluster.apply(accountIn(bed, 'user', { url: 'http://127.0.0.1@evil.example.net/' })),
    ).rejects.toMatchObject({ status: 422 })
  })

  test('must be https unless the operator was started with --allow-http', async () => {
    const strict = await startBed({ flags: { 'allow-http': undefined } })
    await place(strict, 'plain')

    expect(await untilStalled(strict, 'plain', 'AccountNotReady')).toMatch(/is not https.*--allow-http/)
    expect((await strict.control.calls()).total).toBe(0)
    await strict.close()
  })
})

describe('a ClusterDigiCertAccount', () => {
  const clusterAccount = (name: string, spec: object) => ({
    apiVersion: 'digicert-operator.io/v1alpha1',
    kind: 'ClusterDigiCertAccount',
    metadata: { name },
    spec: { url: bed.simulator.url, apiKeySecretRef: { name }, ...spec },
  })
  const remove = (name: string) => bed.cluster.remove({ kind: 'ClusterDigiCertAccount', name })

  test("takes its key from the operator's namespace, and from no other", async () => {
    const name = `c1-${bed.namespace}`
    await bed.cluster.apply([clusterAccount(name, {}), keySecretIn(bed.namespace, name)])
    await place(bed, 'cluster', { accountRef: { kind: 'ClusterDigiCertAccount', name } })

    expect(await untilStalled(bed, 'cluster', 'AccountNotReady')).toContain(`${bed.operatorNamespace}/${name}`)
    expect(await bought(bed, 'cluster')).toEqual([])

    await bed.cluster.apply(keySecretIn(bed.operatorNamespace, name))
    await untilReady(bed, 'cluster', A_FEW_POLLS)
    await remove(name)
  })

  test('serves namespaces with its labels, and says to others what they lack', async () => {
    const name = `c2-${bed.namespace}`
    const policy = (namespaces: object) => clusterAccount(name, { policy: { namespaces } })
    await bed.cluster.apply([keySecretIn(bed.operatorNamespace, name), policy({ matchLabels: { team: 'web' } })])
    const accountRef = { kind: 'ClusterDigiCertAccount', name }
    await place(bed, 'outside', { accountRef })
    await bed.cluster.apply(orderIn(bed.otherNamespace, 'inside', { accountRef }))

    await untilReady({ ...bed, namespace: bed.otherNamespace }, 'inside')
    expect(await untilStalled(bed, 'outside', 'DeniedByPolicy')).toContain(
      `team=web, which namespace ${bed.namespace} does not have`,
    )
    expect(await bought(bed, 'outside')).toEqual([])

    await bed.cluster.apply(clusterAccount(name, {}))
    await untilReady(bed, 'outside', A_FEW_POLLS)
    await remove(name)
  })
})

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
