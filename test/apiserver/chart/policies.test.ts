import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type Bed,
  accountIn,
  annotate,
  bought,
  orderIn,
  place,
  startBed,
  untilReady,
  untilStalled,
} from '../../support/bad-days.ts'
import { type Release, succeedHelm } from '../../support/chart.ts'
import { type Cluster, openCluster } from '../../support/cluster.ts'
import { type ControlPlane, openControlPlane } from '../../support/control-plane.ts'
import { waitFor } from '../../support/wait-for.ts'

/* Service accounts and impersonated users need a control plane that hands out tokens. */
const directory = process.env['TEST_CONTROL_PLANE']
const describeOwn = directory === undefined ? describe.skip : describe

const PREFIX = 'digicert-operator.io'
const MARK = { labels: { [`${PREFIX}/managed`]: 'true' }, annotations: { [`${PREFIX}/order`]: 'shop' } }
const LIMIT = { limitMs: 45_000 }

let bed: Bed
let plane: ControlPlane
let release: Release
/** The cluster with the rights of the operator's service account. */
let operator: Cluster

const secretIn = (namespace: string, name: string, more: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace, ...metadata },
  ...more,
})

const secrets = () => `/api/v1/namespaces/${bed.namespace}/secrets`

const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'was allowed',
    (error: unknown) => (error as Error).message,
  )

const dryCreate = (secret: object) => operator.send({ method: 'POST', path: `${secrets()}?dryRun=All`, body: secret })

const patchAs = (name: string, body: object) =>
  operator.send({ method: 'PATCH', path: `${secrets()}/${name}`, body, contentType: 'application/merge-patch+json' })

const untilRefused = (what: string, call: () => Promise<unknown>): Promise<true> =>
  waitFor(async () => /denied request/.test(await refusal(call())) && (true as const), { what, ...LIMIT })

async function install(): Promise<void> {
  const { namespace, otherNamespace, operatorNamespace } = bed
  plane = openControlPlane(directory ?? '')!
  release = { name: operatorNamespace, namespace: operatorNamespace, kubeconfig: plane.kubeconfig }
  await succeedHelm(['install'], release, {
    crds: { enabled: false },
    watchNamespaces: [namespace, otherNamespace],
    replicaCount: 0,
  })
}

async function start(): Promise<void> {
  const { operatorNamespace } = bed
  const name = `${operatorNamespace}-digicert-operator`
  const kubeconfig = await plane.userKubeconfig({ namespace: operatorNamespace, name })
  operator = openCluster(kubeconfig)
  await bed.startOperator({ kubeconfig })
  await untilRefused('the policy on Secrets', () => dryCreate(secretIn(bed.namespace, 'early')))
}

describeOwn('the policies of the chart', () => {
  beforeAll(async () => {
    bed = await startBed({ operator: 'none' })
    await install()
    await start()
  }, 120_000)
  afterAll(async () => {
    await succeedHelm(['uninstall'], release)
    await bed.close()
  })

  describe('on Secrets', () => {
    beforeAll(async () => {
      await bed.cluster.apply(secretIn(bed.namespace, 'foreign', { stringData: { password: 'x' } }))
      await bed.cluster.apply(secretIn(bed.namespace, 'marked', {}, MARK))
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
      [
        'delete a foreign one',
        () => operator.remove({ kind: 'Secret', namespace: bed.namespace, name: 'foreign' }),
        /is not the operator's/,
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

    test('it may make, change and delete its own', async () => {
      await dryCreate(secretIn(bed.namespace, 'own', { type: `${PREFIX}/private-key` }, MARK))
      await patchAs('marked', { data: { more: 'eQ==' } })
      await operator.remove({ kind: 'Secret', namespace: bed.namespace, name: 'marked' })

      expect(await bed.cluster.secret(bed.namespace, 'marked')).toBeUndefined()
      expect((await bed.cluster.secret(bed.namespace, 'foreign'))?.data['password']?.toString()).toBe('x')
    })
  })

  describe('let the operator', () => {
    const target = () => ({ kind: 'Secret', namespace: bed.namespace, name: 'life-tls' })
    const serial = async () => (await bed.cluster.order(bed.namespace, 'life'))?.status?.certificate?.serialNumber
    const untilTarget = (what: string, isSo: (labels: Record<string, string>) => boolean) =>
      waitFor(
        async () => {
          const secret = await bed.cluster.secret(bed.namespace, 'life-tls')
          return secret?.data['tls.crt'] !== undefined && isSo(secret.metadata.labels ?? {})
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
      const key = { kind: 'Secret', namespace: bed.namespace, name: 'life-key-1' }
      await bed.cluster.patch(key, { metadata: { labels: null, annotations: null } })
      await annotate(bed, 'life', { [`${PREFIX}/reissue-requested-at`]: 'once' })

      await bed.cluster.waitForOrder(
        bed.namespace,
        'life',
        ({ status }) => status?.revision === 2 && status.certificate?.serialNumber !== before,
        LIMIT.limitMs,
      )
      await untilReady(bed, 'life', LIMIT.limitMs)
    })

    test('end an order', async () => {
      await place(bed, 'ending', { deletionPolicy: 'RevokeOrder' })
      await untilReady(bed, 'ending', LIMIT.limitMs)

      const order = { kind: 'DigiCertOrder', namespace: bed.namespace, name: 'ending' }
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

      expect(await untilStalled(bed, 'stripped', 'SecretRefused', LIMIT.limitMs)).toMatch(
        /nothing was bought: .*denied request: the operator makes only Secrets with the label digicert-operator.io/,
      )
      expect(await bought(bed, 'stripped')).toEqual([])
      for (const { apiVersion, kind, metadata } of stripping())
        await bed.cluster.remove({ apiVersion, kind, name: metadata.name })
    })
  })

  describe('on cluster accounts', () => {
    const shared = () => `shared-${bed.namespace}`
    const other = () => `other-${bed.namespace}`
    const accountRef = (name: string) => ({ accountRef: { kind: 'ClusterDigiCertAccount', name } })

    /** Applies an order as a person who may edit both namespaces, and gives what kubectl says. */
    const asJane = async (name: string, spec: object, namespace = bed.namespace): Promise<string> => {
      const args = ['apply', '--as', 'jane', '--server-side', '--force-conflicts', '-f', '-']
      const { stdout, stderr } = await plane.kubectl(args, { input: JSON.stringify(orderIn(namespace, name, spec)) })
      return `${stdout}${stderr}`
    }

    /** The controller that would add it to the role of that name in the cluster is not at hand. */
    const roleOf = (name: string) => `${bed.operatorNamespace}-digicert-operator-${name}`

    const bindJane = (kind: string, name: string, namespace: string) =>
      bed.cluster.apply({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: `jane-${name}`.slice(0, 60), namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
        subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
      })

    const untilAllowed = (name: string, spec: object, namespace?: string) =>
      waitFor(async () => /serverside-applied/.test(await asJane(name, spec, namespace)), { what: name, ...LIMIT })

    beforeAll(async () => {
      const { cluster, namespace, otherNamespace, operatorNamespace } = bed
      for (const name of [shared(), other()]) {
        const [key, account] = accountIn({ ...bed, namespace: operatorNamespace }, name) as [object, { spec: object }]
        const metadata = { name }
        await cluster.apply([key, { ...account, kind: 'ClusterDigiCertAccount', metadata }])
      }
      for (const where of [namespace, otherNamespace])
        for (const role of ['view', 'edit']) await bindJane('ClusterRole', roleOf(role), where)
      await untilAllowed('of-jane', {})
      await untilRefused('the policy on cluster accounts', async () => {
        throw new Error(await asJane('early', accountRef(shared())))
      })
    }, 120_000)
    afterAll(async () => {
      for (const name of [shared(), other()]) await bed.cluster.remove({ kind: 'ClusterDigiCertAccount', name })
    })

    test('somebody who may edit a namespace places no order from one without the verb use on it', async () => {
      const said = await asJane('spending', accountRef(shared()))

      expect(said).toContain(
        `jane may not use the ClusterDigiCertAccount ${shared()} in the namespace ${bed.namespace}`,
      )
      expect(said).toMatch(/that takes the verb use on it, which the ClusterRole .*-use-accounts has/)
      expect(await bed.cluster.order(bed.namespace, 'spending')).toBeUndefined()
    })

    test('who places one from an account of the namespace is not asked', async () => {
      expect(await asJane('own-account', {})).toContain('serverside-applied')
      await untilReady(bed, 'own-account', LIMIT.limitMs)
    })

    test('an order that somebody else placed from one takes labels, annotations and finalizers, but no other spec', async () => {
      await place(bed, 'of-admin', accountRef(shared()))
      await untilReady(bed, 'of-admin', LIMIT.limitMs)
      const patchAsJane = (body: object) =>
        plane.kubectl([
          ...['patch', 'digicertorder', 'of-admin', '-n', bed.namespace, '--as', 'jane', '--type', 'merge'],
          ...['-p', JSON.stringify(body)],
        ])

      const touched = await patchAsJane({
        metadata: { labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['example.com/mine'] },
      })
      const edited = await patchAsJane({ spec: { dnsNames: ['more.example.com'] } })
      const freed = await patchAsJane({ metadata: { finalizers: null } })

      expect([touched.code, freed.code]).toEqual([0, 0])
      expect(edited.stderr).toContain('jane may not use')
    })

    test('with the role of the chart, bound in a namespace, it is all of them there and none elsewhere', async () => {
      await bindJane('ClusterRole', roleOf('use-accounts'), bed.namespace)

      await untilAllowed('allowed', accountRef(shared()))
      await untilReady(bed, 'allowed', LIMIT.limitMs)
      expect(await asJane('elsewhere', accountRef(shared()), bed.otherNamespace)).toContain('jane may not use')
    })

    test('with a role that names one account, it is that one', async () => {
      const rules = [
        { apiGroups: [PREFIX], resources: ['clusterdigicertaccounts'], resourceNames: [other()], verbs: ['use'] },
      ]
      await bed.cluster.apply({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'one', namespace: bed.otherNamespace },
        rules,
      })
      await bindJane('Role', 'one', bed.otherNamespace)

      await untilAllowed('named', accountRef(other()), bed.otherNamespace)
      expect(await asJane('not-named', accountRef(shared()), bed.otherNamespace)).toContain('jane may not use')
    })
  })
})
