import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Resource } from '../../support/api-server.ts'
import { annotate, bought, place, untilReady, untilStalled } from '../../support/bad-days.ts'
import { type ChartBed, LIMIT, createSecretDry, refusal, startChartBed, untilRefused } from '../../support/chart-bed.ts'
import { hasCondition } from '../../support/cluster.ts'
import { describeOwn } from '../../support/own-plane.ts'
import { waitFor } from '../../support/wait-for.ts'

const PREFIX = 'digicert-operator.io'
const MARK = { labels: { [`${PREFIX}/managed`]: 'true' }, annotations: { [`${PREFIX}/order`]: 'shop' } }

let chart: ChartBed
let bed: ChartBed['bed']
let operator: ChartBed['operator']

const secretIn = (namespace: string, name: string, more: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace, ...metadata },
  ...more,
})

const dryCreate = (secret: object) => createSecretDry(operator, bed.namespace, secret)
const secret = (name: string) => ({ kind: 'Secret', namespace: bed.namespace, name })
const orderNamed = (name: string) => ({ kind: 'DigiCertOrder', namespace: bed.namespace, name })
const patchAs = (name: string, body: object) => operator.patch(secret(name), body)

describeOwn('the policies of the chart', () => {
  beforeAll(async () => {
    chart = await startChartBed()
    ;({ bed, operator } = chart)
  }, 120_000)
  afterAll(() => chart.close())

  describe('on Secrets', () => {
    beforeAll(async () => {
      await bed.cluster.apply(secretIn(bed.namespace, 'foreign', { stringData: { password: 'x' } }))
      await bed.cluster.apply(secretIn(bed.namespace, 'marked', {}, MARK))
      await bed.cluster.apply(secretIn(bed.namespace, 'key', { type: `${PREFIX}/private-key` }, MARK))
      const data = { 'tls.crt': '', 'tls.key': '' }
      await bed.cluster.apply(secretIn(bed.namespace, 'live-key-1', { type: 'kubernetes.io/tls', data }, MARK))
    })

    type Attempt = readonly [what: string, attempt: () => Promise<unknown>, says: RegExp]

    const ATTEMPTS: readonly Attempt[] = [
      ['make one without the mark', () => dryCreate(secretIn(bed.namespace, 'plain')), /only Secrets with the label/],
      [
        'make a token of a service account',
        () => {
          const { labels, annotations } = MARK
          const of = { ...annotations, 'kubernetes.io/service-account.name': 'default' }
          const type = 'kubernetes.io/service-account-token'
          return dryCreate(secretIn(bed.namespace, 'token', { type }, { labels, annotations: of }))
        },
        /only Secrets for certificates and their keys/,
      ],
      ['change a foreign one', () => patchAs('foreign', { data: { password: 'eQ==' } }), /is not the operator's/],
      ['put the mark on a foreign one', () => patchAs('foreign', { metadata: MARK }), /is not the operator's/],
      ['delete a foreign one', () => operator.remove(secret('foreign')), /is not the operator's/],
      [
        'delete the certificate of an order, though it is called like a key',
        () => operator.remove(secret('live-key-1')),
        /deletes only Secrets of the type digicert-operator.io\/private-key/,
      ],
      [
        'delete all at once',
        () => operator.send({ method: 'DELETE', path: `/api/v1/namespaces/${bed.namespace}/secrets` }),
        /cannot deletecollection|deletes Secrets one by one/,
      ],
      [
        'take the mark off its own',
        () => patchAs('marked', { metadata: { labels: null, annotations: null } }),
        /only Secrets with the label/,
      ],
    ]

    test.each(ATTEMPTS)('the service account of the operator may not %s', async (_what, attempt, says) => {
      expect(await refusal(attempt())).toMatch(says)
    })

    test('it may make and change its own, and delete a key', async () => {
      await dryCreate(secretIn(bed.namespace, 'own', { type: `${PREFIX}/private-key` }, MARK))
      await patchAs('marked', { data: { more: 'eQ==' } })
      await operator.remove(secret('key'))

      expect(await bed.cluster.secret(bed.namespace, 'key')).toBeUndefined()
      expect((await bed.cluster.secret(bed.namespace, 'marked'))?.data['more']?.toString()).toBe('y')
      expect((await bed.cluster.secret(bed.namespace, 'foreign'))?.data['password']?.toString()).toBe('x')
    })

    test('a foreign Secret that is called like the key of an order stays, and the order buys nothing', async () => {
      const [stored] = await bed.cluster.apply(
        secretIn(bed.namespace, 'precious-key-1', { stringData: { password: 'x' } }),
      )

      await place(bed, 'precious')
      await bed.cluster.waitForOrder(
        bed.namespace,
        'precious',
        (order) => hasCondition(order, 'Stalled', 'True'),
        LIMIT.limitMs,
      )

      const kept = await bed.cluster.secret(bed.namespace, 'precious-key-1')
      expect([kept?.metadata.uid, kept?.data['password']?.toString()]).toEqual([stored?.metadata.uid, 'x'])
      expect(await bought(bed, 'precious')).toEqual([])
    })
  })

  describe('on orders', () => {
    const OWN = `${PREFIX}/deletion`
    const MINE = 'example.com/mine'
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'any', uid: '0' }
    const NOTHING_ELSE = /changes nothing of orders and accounts but its finalizer and their status/
    const NO_OTHER = /adds and removes no finalizer but its own/

    /** Patches the order without storing it: the operator that runs has a say in what is stored. */
    const patchDry = async (body: object, { send } = operator): Promise<Resource> => {
      const path = `/apis/${PREFIX}/v1alpha1/namespaces/${bed.namespace}/digicertorders/held?dryRun=All`
      return (await send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' })) as Resource
    }
    const finalizers = (...names: string[]) => ({ metadata: { finalizers: names } })

    beforeAll(async () => {
      await place(bed, 'held', { suspend: true })
      await bed.cluster.patch(orderNamed('held'), finalizers(MINE))
      await untilRefused('the policy on finalizers', () => patchDry({ metadata: { labels: { early: 'yes' } } }))
    })
    afterAll(() => bed.cluster.patch(orderNamed('held'), { metadata: { finalizers: null } }))

    test.each([
      ['change the spec', { spec: { suspend: false } }, NOTHING_ELSE],
      ['add an annotation', { metadata: { annotations: { [`${PREFIX}/order-again`]: '7000001' } } }, NOTHING_ELSE],
      ['add a label', { metadata: { labels: { team: 'web' } } }, NOTHING_ELSE],
      ['give it an owner', { metadata: { ownerReferences: [owner] } }, /changes nothing|cannot set an ownerRef/],
      ['change the spec with its finalizer', { spec: { suspend: false }, ...finalizers(MINE, OWN) }, NOTHING_ELSE],
      ['add the finalizer of another', finalizers(MINE, 'example.com/more'), NO_OTHER],
      ['put its finalizer in the place of another', finalizers(OWN), NO_OTHER],
    ])('the service account of the operator may not %s', async (_what, body, says) => {
      expect(await refusal(patchDry(body))).toMatch(says)
    })

    test('it may add its finalizer beside that of another, and remove it', async () => {
      const added = await patchDry(finalizers(MINE, OWN))
      expect(added.metadata.finalizers).toEqual([MINE, OWN])

      await bed.cluster.patch(orderNamed('held'), { ...finalizers(MINE, OWN), spec: { deletionPolicy: 'RevokeOrder' } })
      const removed = await patchDry(finalizers(MINE))
      expect(removed.metadata.finalizers).toEqual([MINE])
    })

    test('nobody else is bound by it', async () => {
      const body = { spec: { suspend: false }, metadata: { labels: { team: 'web' }, finalizers: null } }

      const { spec, metadata } = await patchDry(body, bed.cluster)

      expect([spec, metadata.labels]).toMatchObject([{ suspend: false }, { team: 'web' }])
      expect(metadata.finalizers).toBeUndefined()
    })
  })

  describe('let the operator', () => {
    const target = () => secret('life-tls')
    const serial = async () => (await bed.cluster.order(bed.namespace, 'life'))?.status?.certificate?.serialNumber
    const untilTarget = (what: string, isSo: (labels: Record<string, string>) => boolean) =>
      waitFor(
        async () => {
          const stored = await bed.cluster.secret(bed.namespace, 'life-tls')
          return stored?.data['tls.crt'] !== undefined && isSo(stored.metadata.labels ?? {})
        },
        { what, ...LIMIT },
      )

    test('issue, with what a template puts on the Secret', async () => {
      await place(bed, 'life', { secretTemplate: { labels: { team: 'web' } } })

      await untilReady(bed, 'life', LIMIT.limitMs)

      await untilTarget('labels', (labels) => labels['team'] === 'web' && labels[`${PREFIX}/managed`] === 'true')
    })

    test.each([
      ['its label', { labels: { [`${PREFIX}/managed`]: null } }],
      ['its owner', { annotations: { [`${PREFIX}/order`]: null } }],
    ])('put back %s', async (_what, metadata) => {
      await bed.cluster.patch(target(), { metadata })
      await annotate(bed, 'life', { [`${PREFIX}/check-requested-at`]: JSON.stringify(metadata) })

      await waitFor(
        async () => {
          const { labels, annotations } = (await bed.cluster.get(target()))!.metadata
          return labels?.[`${PREFIX}/managed`] === 'true' && annotations?.[`${PREFIX}/order`] === 'life'
        },
        { what: 'both marks', ...LIMIT },
      )
    })

    test('make a Secret anew that was deleted', async () => {
      const before = await serial()
      await bed.cluster.remove(target())

      await untilTarget('another Secret', () => true)
      expect(await serial()).toBe(before)
    })

    test('reissue, though the key Secret lost every label and annotation', async () => {
      const before = await serial()
      await bed.cluster.patch(secret('life-key-1'), { metadata: { labels: null, annotations: null } })
      await annotate(bed, 'life', { [`${PREFIX}/reissue-requested-at`]: 'once' })

      await bed.cluster.waitForOrder(
        bed.namespace,
        'life',
        ({ status }) => status?.revision === 2 && status.certificate?.serialNumber !== before,
        LIMIT.limitMs,
      )
      await untilReady(bed, 'life', LIMIT.limitMs)
    })

    test('end an order, by its finalizer', async () => {
      await place(bed, 'ending', { deletionPolicy: 'RevokeOrder' })
      await untilReady(bed, 'ending', LIMIT.limitMs)
      expect((await bed.cluster.get(orderNamed('ending')))?.metadata.finalizers).toEqual([`${PREFIX}/deletion`])

      const order = orderNamed('ending')
      await bed.cluster.remove(order)

      await waitFor(async () => (await bed.cluster.get(order)) === undefined, { what: 'end of the order', ...LIMIT })
      expect((await bed.control.journal()).filter(({ kind }) => kind === 'revoke')).toHaveLength(1)
    })
  })

  describe('where the cluster takes the mark off a Secret', () => {
    const ADMISSION = 'admissionregistration.k8s.io/v1'
    const stripping = () => {
      const metadata = { name: `strip-${bed.namespace}` }
      const remove = (field: string) => `JSONPatch{op: 'remove', path: '/metadata/${field}'}`
      return [
        {
          apiVersion: ADMISSION,
          kind: 'MutatingAdmissionPolicy',
          metadata,
          spec: {
            reinvocationPolicy: 'Never',
            matchConstraints: {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': bed.namespace } },
              resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }],
            },
            matchConditions: [{ name: 'name', expression: "object.metadata.name == 'stripped-tls'" }],
            mutations: [
              { patchType: 'JSONPatch', jsonPatch: { expression: `[${remove('labels')}, ${remove('annotations')}]` } },
            ],
          },
        },
        {
          apiVersion: ADMISSION,
          kind: 'MutatingAdmissionPolicyBinding',
          metadata,
          spec: { policyName: metadata.name },
        },
      ]
    }

    test('the order says what the policy says, before anything is bought', async () => {
      await bed.cluster.apply(stripping())
      await untilRefused('a Secret without its mark', () =>
        dryCreate(secretIn(bed.namespace, 'stripped-tls', { type: 'Opaque' }, MARK)),
      )

      await place(bed, 'stripped')

      expect(await untilStalled(bed, 'stripped', 'SecretWriteDenied', LIMIT.limitMs)).toMatch(
        /nothing was bought: .*denied request: the operator makes only Secrets with the label digicert-operator.io/,
      )
      expect(await bought(bed, 'stripped')).toEqual([])
      for (const { apiVersion, kind, metadata } of stripping())
        await bed.cluster.remove({ apiVersion, kind, name: metadata.name })
    })
  })
})
