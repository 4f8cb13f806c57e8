import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hasCondition } from '../../support/cluster.ts'
import {
  type Bed,
  accountIn,
  annotate,
  bought,
  leaks,
  nudge,
  orderIn,
  place,
  startBed,
  untilReady,
  untilStalled,
} from '../../support/bad-days.ts'
import { waitFor } from '../../support/wait-for.ts'

/* The operator tries again 15 s after the cluster refused a Secret, and 30 s after the second time. */
const RETRIES = 60_000

let bed: Bed
beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed.close())

const secretOf = (name: string) => bed.cluster.secret(bed.namespace, `${name}-tls`)
const foreign = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: `${name}-tls`, namespace: bed.namespace },
  stringData: { 'tls.crt': 'theirs', 'tls.key': 'theirs' },
})

describe('a Secret that was made immutable', () => {
  test('keeps its pair when a reissue cannot be written, and the order says why', async () => {
    const { namespace, cluster } = bed
    await place(bed, 'immutable')
    const { status } = await untilReady(bed, 'immutable')
    await cluster.patch({ kind: 'Secret', namespace, name: 'immutable-tls' }, { immutable: true })
    await annotate(bed, 'immutable', { 'digicert-operator.io/reissue-requested-at': 'now' })

    const said = await cluster.waitForOrder(namespace, 'immutable', ({ status: now }) =>
      (now?.conditions ?? []).some(({ message }) => message.includes('is immutable when `immutable` is set')),
    )

    expect(said.status?.certificate?.serialNumber).toBe(status?.certificate?.serialNumber)
    expect(await bought(bed, 'immutable')).toHaveLength(1)
  })
})

describe('a Secret that belongs to somebody else', () => {
  test('stalls the order, stays as it is, and nothing is bought until it is gone', async () => {
    await bed.cluster.apply(foreign('taken'))
    await place(bed, 'taken')

    expect(await untilStalled(bed, 'taken', 'SecretConflict')).toMatch(
      /Secret taken-tls exists and is not the operator.s.*Nothing was bought\. Delete that Secret, or choose another secretName/,
    )
    expect(await bought(bed, 'taken')).toEqual([])
    expect((await secretOf('taken'))?.data['tls.crt']?.toString()).toBe('theirs')

    await bed.cluster.remove({ kind: 'Secret', namespace: bed.namespace, name: 'taken-tls' })
    await nudge(bed, 'taken')

    await untilReady(bed, 'taken')
    expect(await bought(bed, 'taken')).toHaveLength(1)
  })

  test('keeps it, and nothing is bought, when it appears while CertCentral is asked for the order', async () => {
    const lookUp = { method: 'GET', path: '^/order/alternate/' }
    await bed.control.addFault({ match: lookUp, action: 'hang', seconds: 5 })
    await place(bed, 'in-between')
    await bed.cluster.waitForOrder(bed.namespace, 'in-between', ({ status }) => status?.intent !== undefined)
    await bed.cluster.apply(foreign('in-between'))

    await untilStalled(bed, 'in-between', 'SecretConflict')
    expect(await bought(bed, 'in-between')).toEqual([])
    expect((await secretOf('in-between'))?.data['tls.crt']?.toString()).toBe('theirs')
  })

  test('keeps it when it appears after the order was placed', async () => {
    await bed.control.changeSettings({ approval: 'one-step' })
    await place(bed, 'late-comer')
    const { status } = await bed.cluster.waitForOrder(bed.namespace, 'late-comer', (order) =>
      hasCondition(order, 'Issuing', 'True', 'AwaitingApproval'),
    )
    await bed.control.changeSettings({ approval: 'none' })
    await bed.cluster.apply(foreign('late-comer'))
    await bed.control.approve(status!.order!.id)

    await untilStalled(bed, 'late-comer', 'SecretConflict')
    expect((await secretOf('late-comer'))?.data['tls.crt']?.toString()).toBe('theirs')

    await bed.cluster.remove({ kind: 'Secret', namespace: bed.namespace, name: 'late-comer-tls' })
    await nudge(bed, 'late-comer')
    await untilReady(bed, 'late-comer')
    expect(await bought(bed, 'late-comer')).toHaveLength(1)
  })
})

describe('two orders for one Secret', () => {
  test('the older keeps it, the younger buys nothing, and takes over once the older is deleted and a person says so', async () => {
    await place(bed, 'older')
    const { metadata, status } = await untilReady(bed, 'older')
    // The age of an object has whole seconds.
    const isOlder = () => Date.now() - Date.parse(metadata.creationTimestamp ?? '') > 1000
    await waitFor(isOlder, { what: 'next second', limitMs: 3000 })
    await place(bed, 'younger', { secretName: 'older-tls' })

    expect(await untilStalled(bed, 'younger', 'SecretClaimedByOtherOrder')).toMatch(
      /Secret older-tls is kept by DigiCertOrder older; choose another secretName\. Nothing was bought/,
    )
    expect(await bought(bed, 'younger')).toEqual([])

    await bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name: 'older' })

    // The good pair in the Secret is of an order for another name, and is not replaced without a word.
    expect(await untilStalled(bed, 'younger', 'AdoptionRefused')).toMatch(/it lacks younger.example.com/)
    expect(await bought(bed, 'younger')).toEqual([])
    await annotate(bed, 'younger', { 'digicert-operator.io/order-again': String(status?.order?.id) })

    await untilReady(bed, 'younger')
    expect(await bought(bed, 'younger')).toHaveLength(1)
    expect((await secretOf('older'))?.metadata.annotations).toMatchObject({ 'digicert-operator.io/order': 'younger' })
  })

  test('that are applied at once never both buy', async () => {
    const both = ['twin-a', 'twin-b'].map((name) => orderIn(bed.namespace, name, { secretName: 'twin-tls' }))
    await bed.cluster.apply(both)

    await untilReady(bed, 'twin-a')
    await untilStalled(bed, 'twin-b', 'SecretClaimedByOtherOrder')

    expect(await bought(bed, 'twin-b')).toEqual([])
  })
})

describe('a Secret that the cluster refuses is refused before anything is bought', () => {
  beforeAll(async () => {
    await bed.cluster.apply(accountIn({ ...bed, namespace: bed.otherNamespace }, 'certcentral'))
  })

  test('by a quota that leaves room for the key only; the order goes on when the quota is raised', async () => {
    const tight = { ...bed, namespace: bed.otherNamespace }
    await quota(tight, 1)
    await place(tight, 'quota')

    expect(await untilStalled(tight, 'quota', 'SecretWriteDenied')).toMatch(
      /The cluster would refuse Secret quota-tls, so nothing was bought: .*exceeded quota/,
    )
    expect(await bought(bed, 'quota')).toEqual([])

    await quota(tight, 100)
    await untilReady(tight, 'quota', RETRIES)
    expect(await bought(bed, 'quota')).toHaveLength(1)
  }, 90_000)

  test('by a quota that leaves no room at all', async () => {
    const full = { ...bed, namespace: bed.otherNamespace }
    await quota(full, 0)
    await place(full, 'no-room')

    expect(await untilStalled(full, 'no-room', 'SecretWriteDenied')).toMatch(/nothing was bought: .*exceeded quota/)

    await quota(full, 100)
    await untilReady(full, 'no-room', RETRIES)
    expect(await bought(bed, 'no-room')).toHaveLength(1)
  }, 90_000)

  test('by an admission policy', async () => {
    await bed.cluster.apply(policy())
    const probe = {
      method: 'POST',
      path: `/api/v1/namespaces/${bed.namespace}/secrets?dryRun=All`,
      body: { ...foreign('probe'), type: 'kubernetes.io/tls' },
    } as const
    const refuses = () =>
      bed.cluster.send(probe).then(
        () => false,
        () => true,
      )
    await waitFor(refuses, { what: 'refusal by the policy', limitMs: 20_000, everyMs: 200 })
    await place(bed, 'policy')

    expect(await untilStalled(bed, 'policy', 'SecretWriteDenied')).toContain('certificates are made by another team')
    expect(await bought(bed, 'policy')).toEqual([])

    await removePolicy()
    await untilReady(bed, 'policy', RETRIES)
    expect(await bought(bed, 'policy')).toHaveLength(1)
  }, 120_000)
})

async function quota({ cluster, namespace }: Bed, secrets: number): Promise<void> {
  // The account's own Secret is there as well.
  const own = (await cluster.list({ kind: 'Secret', namespace })).length
  const hard = { secrets: String(secrets === 0 ? own : own + secrets) }
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'tight', namespace },
    spec: { hard },
  })
  const enforced = async () => {
    const found = (await cluster.get({ kind: 'ResourceQuota', namespace, name: 'tight' })) as
      { status?: { hard?: Record<string, string>; used?: object } } | undefined
    return found?.status?.hard?.['secrets'] === hard.secrets && found.status.used !== undefined
  }
  await waitFor(enforced, { what: 'enforced quota', limitMs: 10_000 })
}

const ADMISSION = 'admissionregistration.k8s.io/v1'

const policy = () => [
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: bed.namespace },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': bed.namespace } },
      },
      validations: [
        { expression: "object.type != 'kubernetes.io/tls'", message: 'certificates are made by another team' },
      ],
    },
  },
  {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: bed.namespace },
    spec: { policyName: bed.namespace, validationActions: ['Deny'] },
  },
]

async function removePolicy(): Promise<void> {
  for (const { apiVersion, kind, metadata } of policy().reverse())
    await bed.cluster.remove({ apiVersion, kind, name: metadata.name })
}

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
