import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { eventually, type Journey, beginJourney, orderIdOf, orderNamed } from '../../support/journey.ts'
import { BUILD_LIMIT_MS, evaluator, healthOf } from '../../unit/gitops/evaluator.ts'
import { type KINDS, type Manifest, SCRIPTS, manifest, testsOf, textOf } from '../../unit/gitops/scripts.ts'

/* UPDATE_STATUSES=1 writes the files again from what the operator says now. */
const UPDATE = process.env['UPDATE_STATUSES'] === '1'

type Kind = (typeof KINDS)[number]
type Account = Record<string, unknown> & { status?: DigiCertOrder['status']; metadata: DigiCertOrder['metadata'] }
type Stored = DigiCertOrder | Account
type Case = readonly [file: string, kind: Kind, drive: () => Promise<Stored>]

let journey: Journey
beforeAll(async () => {
  evaluator()
  journey = await beginJourney({ simulator: { instant: true } })
  await journey.certCentral.changeSettings({ ownDcvPolling: false })
  await journey.cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'digicert-operator' } },
    keySecret('gitops', 'simulator', 'digicert-operator'),
  ])
}, BUILD_LIMIT_MS)
afterAll(async () => {
  for (const name of CLUSTER_ACCOUNTS) await journey.cluster.remove({ kind: 'ClusterDigiCertAccount', name })
  await journey.cluster.remove({ kind: 'Secret', namespace: 'digicert-operator', name: 'gitops' })
  await journey.close()
})

const CLUSTER_ACCOUNTS = ['gitops', 'gitops-keyless']

const keySecret = (name: string, key: string, namespace?: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  stringData: { 'api-key': key },
})

const approval = (mode: 'none' | 'one-step') => journey.certCentral.changeSettings({ approval: mode })
const reference = (name: string) => ({ kind: 'DigiCertOrder', namespace: journey.namespace, name })

const issued = async (name: string, spec: object = {}) => {
  await approval('none')
  await journey.apply(orderNamed(name, spec))
  return journey.ready(name)
}

const waiting = async (name: string) => {
  await approval('one-step')
  await journey.apply(orderNamed(name))
  return journey.says(name, 'AwaitingApproval')
}

async function accountSaying(kind: Kind, name: string, reason: string): Promise<Account> {
  const namespace = kind === 'DigiCertAccount' ? { namespace: journey.namespace } : {}
  return eventually(`${kind} ${name} to say ${reason}`, async () => {
    const account = (await journey.cluster.get({ kind, name, ...namespace })) as Account | undefined
    return account?.status?.conditions?.some((condition) => condition.reason === reason) === true && account
  })
}

const accountSpec = async (changes: object) => {
  const account = await accountSaying('DigiCertAccount', 'certcentral', 'KeyAccepted')
  return { ...(account as unknown as { spec: object }).spec, ...changes }
}

async function newAccount(kind: Kind, name: string, [reason, changes]: [string, object]): Promise<Account> {
  const spec = await accountSpec({ apiKeySecretRef: { name }, ...changes })
  const object = { apiVersion: 'digicert-operator.io/v1alpha1', kind, metadata: { name }, spec }
  await journey.cluster.apply(object, kind === 'DigiCertAccount' ? journey.namespace : undefined)
  return accountSaying(kind, name, reason)
}

const ORDERS: readonly Case[] = [
  ['issued', 'DigiCertOrder', () => issued('issued')],
  ['awaiting-approval', 'DigiCertOrder', () => waiting('awaiting-approval')],
  [
    'awaiting-validation',
    'DigiCertOrder',
    async () => {
      await approval('none')
      await journey.certCentral.changeSettings({ instant: false })
      await journey.apply(orderNamed('awaiting-validation'))
      await journey.says('awaiting-validation', 'AwaitingValidation')
      const told = await journey.cluster.waitForOrder(journey.namespace, 'awaiting-validation', ({ status }) =>
        (status?.validation ?? []).some(({ record }) => record !== undefined),
      )
      await journey.certCentral.changeSettings({ instant: true })
      return told
    },
  ],
  [
    'rejected',
    'DigiCertOrder',
    async () => {
      const order = await waiting('rejected')
      await journey.certCentral.rejectRequest(order.status?.order?.requests?.[0]?.id ?? 0)
      return journey.says('rejected', 'OrderRejected')
    },
  ],
  [
    'refused',
    'DigiCertOrder',
    async () => {
      const match = { method: 'POST', path: '^/order/certificate/ssl_dv_thawte$', times: 0 }
      const answer = { code: 'invalid_product', message: 'The product is not available to the account' }
      await journey.certCentral.addFault({ match, action: 'status', status: 400, ...answer })
      await journey.apply(orderNamed('refused', { product: 'ssl_dv_thawte' }))
      return journey.says('refused', 'OrderRefused')
    },
  ],
  [
    'account-missing',
    'DigiCertOrder',
    async () => {
      await journey.apply(orderNamed('account-missing', { accountRef: { name: 'nobody' } }))
      return journey.says('account-missing', 'AccountNotFound')
    },
  ],
  [
    'suspended',
    'DigiCertOrder',
    async () => {
      await journey.apply(orderNamed('suspended', { suspend: true }))
      return journey.says('suspended', 'Suspended')
    },
  ],
  [
    'suspended-issued',
    'DigiCertOrder',
    async () => {
      await issued('suspended-issued')
      await journey.cluster.patch(reference('suspended-issued'), { spec: { suspend: true } })
      return journey.says('suspended-issued', 'Suspended')
    },
  ],
  [
    'reissue-awaiting-approval',
    'DigiCertOrder',
    async () => {
      await issued('reissue')
      await approval('one-step')
      const annotations = { 'digicert-operator.io/reissue-requested-at': '2026-11-24' }
      await journey.cluster.patch(reference('reissue'), { metadata: { annotations } })
      return journey.says('reissue', 'AwaitingApproval')
    },
  ],
  [
    'revoked',
    'DigiCertOrder',
    async () => {
      await journey.certCentral.setStatus(orderIdOf(await issued('revoked')), 'revoked')
      return journey.says('revoked', 'OrderRevoked')
    },
  ],
  [
    'deletion-blocked',
    'DigiCertOrder',
    async () => {
      const order = await issued('deletion-blocked', { deletionPolicy: 'RevokeOrder' })
      const match = { method: 'PUT', path: `^/order/certificate/${orderIdOf(order)}/revoke$`, times: 0 }
      await journey.certCentral.addFault({ match, action: 'status', status: 403 })
      await journey.cluster.remove(reference('deletion-blocked'))
      return journey.says('deletion-blocked', 'DeletionBlocked')
    },
  ],
]

const ACCOUNTS: readonly Case[] = [
  ['ready', 'DigiCertAccount', () => accountSaying('DigiCertAccount', 'certcentral', 'KeyAccepted')],
  ['secret-missing', 'DigiCertAccount', () => newAccount('DigiCertAccount', 'keyless', ['SecretNotFound', {}])],
  [
    'key-refused',
    'DigiCertAccount',
    async () => {
      await journey.cluster.apply(keySecret('refused', 'wrong'), journey.namespace)
      return newAccount('DigiCertAccount', 'refused', ['KeyRefused', {}])
    },
  ],
  [
    'host-not-allowed',
    'DigiCertAccount',
    () =>
      newAccount('DigiCertAccount', 'astray', [
        'HostNotAllowed',
        { url: 'https://certcentral.example.net/services/v2' },
      ]),
  ],
  ['ready', 'ClusterDigiCertAccount', () => newAccount('ClusterDigiCertAccount', 'gitops', ['KeyAccepted', {}])],
  [
    'secret-missing',
    'ClusterDigiCertAccount',
    () => newAccount('ClusterDigiCertAccount', 'gitops-keyless', ['SecretNotFound', {}]),
  ],
]

/** The last one: nobody looks at the order any more. */
const UNSEEN: Case = [
  'unseen',
  'DigiCertOrder',
  async () => {
    await issued('unseen')
    await journey.operator.stop()
    return await journey.cluster.patch(reference('unseen'), { spec: { comments: 'Edited.' } })
  },
]

const expected = (kind: Kind, path: string, file: 'health_test.yaml' | 'kstatus_test.yaml'): string | undefined =>
  testsOf(kind, file).find(({ inputPath }) => inputPath === path)?.healthStatus.status

const inBrief = ({ status, metadata }: Stored | Manifest) => ({
  isSeen: status?.observedGeneration === metadata.generation,
  isLeaving: metadata.deletionTimestamp !== undefined,
  conditions: status?.conditions?.map(({ type, status: value, reason }) => `${type}=${value}/${reason}`),
})

describe('what the operator says on a real API server is what the scripts are tested with', () => {
  test.each([...ORDERS, ...ACCOUNTS, UNSEEN])('%s of %s', async (file, kind, drive) => {
    const live = await drive()
    const path = `testdata/${file}.yaml`
    if (UPDATE) writeFileSync(join(SCRIPTS, kind, path), exported(live))

    expect(inBrief(live)).toEqual(inBrief(manifest(kind, path)))
    const health = healthOf(live, textOf(kind, 'health.lua'))
    const kstatus = healthOf(live)
    expect([health.status, kstatus.status]).toEqual([
      expected(kind, path, 'health_test.yaml'),
      expected(kind, path, 'kstatus_test.yaml'),
    ])
  })
})

/** As `kubectl get -o yaml` prints it, in a namespace that a reader can follow, and without the port of the simulator. */
const exported = (object: Stored): string => {
  const kept = structuredClone(object) as unknown as { metadata: Record<string, unknown> }
  delete kept.metadata['managedFields']
  return stringify(
    JSON.parse(
      JSON.stringify(kept)
        .replaceAll(journey.namespace, 'shop')
        .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8443'),
    ),
    {
      lineWidth: 0,
    },
  )
}
