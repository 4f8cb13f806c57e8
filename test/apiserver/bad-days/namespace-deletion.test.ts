import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { API_KEY, type Bed, accountIn, keySecretIn, orderIn, orderPost, startBed } from '../../support/bad-days.ts'
import { type Release, succeedHelm } from '../../support/chart.ts'
import { hasCondition, isReady } from '../../support/cluster.ts'
import type { ControlPlane } from '../../support/control-plane.ts'
import { orderIdOf, reasonOf, sentenceOf } from '../../support/journey.ts'
import type { OperatorProcess } from '../../support/operator-process.ts'
import { describeOwn, openOwnPlane } from '../../support/own-plane.ts'
import type { Fault } from '../../support/simulator-control.ts'
import { waitFor } from '../../support/wait-for.ts'

/* The rights of a service account need a control plane that issues tokens. */

/** A namespace that is deleted must be gone by then. */
const MINUTE = 60_000

type Case = {
  readonly name: string
  readonly spec: object
  /** Whether the namespace has an account of its own. */
  readonly account: 'own' | 'cluster'
  /** How the order stands before the namespace is deleted. */
  readonly stands: 'issued' | 'needs_approval' | 'unknown'
  /** Which calls about the order of that id CertCentral does not do. */
  readonly fault?: (id: number) => Fault
  /** CertCentral's word for the order at the end; `left` where the operator says that it left it so. */
  readonly ends: string
  readonly left?: RegExp
}

const failing = (path: (id: number) => string, status: number) => (id: number) =>
  ({ match: { path: path(id), times: 0 }, action: 'status', status, code: 'access_denied' }) as const
const ofOrder = (id: number): string => `^/order/certificate/${String(id)}(/.*)?$`
const revocation = (id: number): string => `^/order/certificate/${String(id)}/revoke$`

const REVOKING = { deletionPolicy: 'RevokeOrder' }
const UNSENT = 'ssl_unsent'

const CASES: readonly (readonly [what: string, case_: Case])[] = [
  ['has its order revoked', { name: 'order', spec: REVOKING, account: 'own', stands: 'issued', ends: 'revoked' }],
  [
    'has the certificate of its order revoked',
    {
      name: 'certificate',
      spec: { deletionPolicy: 'RevokeCertificate' },
      account: 'own',
      stands: 'issued',
      ends: 'revoked',
    },
  ],
  [
    'has its order revoked through an account of the cluster',
    { name: 'shared', spec: REVOKING, account: 'cluster', stands: 'issued', ends: 'revoked' },
  ],
  [
    'has an order canceled that waits for approval',
    {
      name: 'waiting',
      spec: { deletionPolicy: 'CancelPending' },
      account: 'own',
      stands: 'needs_approval',
      ends: 'rejected',
    },
  ],
  [
    'has an order left alone whose policy is Retain',
    { name: 'kept', spec: {}, account: 'own', stands: 'issued', ends: 'issued' },
  ],
  [
    'goes though CertCentral answers 500 all along, and the order that is left is said',
    {
      name: 'failing',
      spec: REVOKING,
      account: 'own',
      stands: 'issued',
      fault: failing(ofOrder, 500),
      ends: 'issued',
      left: /revoke order \d+\. Cause: .*500/,
    },
  ],
  [
    'goes though CertCentral refuses to revoke, and the order that is left is said',
    {
      name: 'refused',
      spec: REVOKING,
      account: 'own',
      stands: 'issued',
      fault: failing(revocation, 403),
      ends: 'issued',
      left: /revoke order \d+\. Cause: .*access_denied/,
    },
  ],
  [
    'goes though nobody knows whether its order exists, and what to look for is said',
    {
      name: 'unsent',
      spec: { ...REVOKING, product: UNSENT },
      account: 'own',
      stands: 'unknown',
      ends: 'none',
      left: /look for that id, .* Cause: CertCentral does not show it yet/,
    },
  ],
]

const ALL = CASES.map(([, each]) => each)

/** How the chart is installed, and whether the rights in a namespace go before all else of it. */
type Mode = {
  readonly values: (namespaces: readonly string[]) => object
  readonly flags: object
  readonly rights: 'ClusterRole' | 'Roles'
}

const CLUSTER: Mode = { values: () => ({}), flags: {}, rights: 'ClusterRole' }
const SOME: Mode = { values: (watchNamespaces) => ({ watchNamespaces }), flags: {}, rights: 'Roles' }
const ROLES_ONLY: Mode = {
  values: (watchNamespaces) => ({ watchNamespaces, clusterAccounts: false, clusterId: 'bad-days' }),
  flags: { 'cluster-accounts': false },
  rights: 'Roles',
}

let bed: Bed
let plane: ControlPlane
let release: Release
let operator: OperatorProcess
let deployment: { metadata: { name: string; uid?: string } }
/** The namespaces by the names of the orders in them, and the ids of the orders. */
const homes = new Map<string, string>()
const ids = new Map<string, number>()

const homeOf = (name: string): string => homes.get(name) ?? ''
const order = (name: string): Promise<DigiCertOrder | undefined> => bed.cluster.order(homeOf(name), name)
const untilOrder = (name: string, isWanted: (order: DigiCertOrder) => boolean): Promise<DigiCertOrder> =>
  bed.cluster.waitForOrder(homeOf(name), name, isWanted, 30_000)

const clusterAccount = (name: string) => ({
  apiVersion: 'digicert-operator.io/v1alpha1',
  kind: 'ClusterDigiCertAccount',
  metadata: { name },
  spec: { url: bed.simulator.url, apiKeySecretRef: { name: 'certcentral' } },
})

const nameOfRelease = (): string => `${bed.operatorNamespace}-digicert-operator`

/** Installs the chart with a Deployment that runs nothing, and runs the operator by its rights. */
async function install({ values, flags }: Mode): Promise<void> {
  const { operatorNamespace: home } = bed
  const namespaces = [...homes.values()]
  plane = openOwnPlane()
  release = { name: home, namespace: home, kubeconfig: plane.kubeconfig }
  await succeedHelm(['install'], release, {
    crds: { enabled: false },
    replicaCount: 0,
    admissionPolicies: { useClusterAccounts: false },
    ...values(namespaces),
  })
  const name = nameOfRelease()
  deployment = (await bed.cluster.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: home, name }))!
  const args = /"--deployment-name=([^"]+)"/.exec(JSON.stringify(deployment))
  operator = await bed.startOperator({
    kubeconfig: await plane.userKubeconfig({ namespace: home, name }),
    flags: {
      'watch-namespaces': namespaces.join(','),
      'deployment-name': args?.[1],
      'unknown-outcome-timeout': '10m',
      ...flags,
    },
  })
}

/** A bed with a namespace for each of these orders, and the operator at work. */
async function begin(mode: Mode, names: readonly string[]): Promise<void> {
  bed = await startBed({
    operator: 'none',
    account: 'none',
    settings: { products: [{ nameId: UNSENT, validation: 'dv' }] },
  })
  for (const map of [homes, ids, gone]) map.clear()
  for (const name of names) homes.set(name, await bed.cluster.newNamespace())
  await install(mode)
}

async function end(): Promise<void> {
  await succeedHelm(['uninstall'], release)
  await bed.close()
  await Promise.all([...homes.values()].map((namespace) => bed.cluster.deleteNamespace(namespace)))
}

/** Takes the rights of the operator in a namespace away, as its deletion may do before it deletes the orders. */
async function disarm(name: string): Promise<void> {
  const namespace = homeOf(name)
  const kind = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' }
  await bed.cluster.remove({ ...kind, namespace, name: nameOfRelease() })
  const user = `system:serviceaccount:${bed.operatorNamespace}:${nameOfRelease()}`
  const args = ['auth', 'can-i', 'get', 'secrets', '-n', namespace, '--as', user]
  await waitFor(async () => (await plane.kubectl(args)).code !== 0, {
    what: `end of the rights in ${namespace}`,
    limitMs: 10_000,
  })
}

async function placed({ name, spec, account, stands }: Case): Promise<void> {
  const namespace = homeOf(name)
  if (account === 'own') await bed.cluster.apply(accountIn({ namespace, simulator: bed.simulator }, 'certcentral'))
  const accountRef = account === 'own' ? {} : { accountRef: { kind: 'ClusterDigiCertAccount', name: homeOf('shared') } }
  await bed.cluster.apply(orderIn(namespace, name, { ...spec, ...accountRef }))
  if (stands === 'unknown') {
    await untilOrder(name, (seen) => reasonOf(seen) === 'OutcomeUnknown')
    return
  }
  const isThere = stands === 'issued' ? isReady : (seen: DigiCertOrder) => reasonOf(seen) === 'AwaitingApproval'
  ids.set(name, orderIdOf(await untilOrder(name, isThere)))
}

const deletedAt = new Map<string, number>()
const gone = new Map<string, Promise<number>>()

/** Deletes a namespace as `kubectl delete namespace` does, and notes how long it takes to go. */
async function remove(name: string): Promise<void> {
  const namespace = homeOf(name)
  deletedAt.set(name, performance.now())
  await bed.cluster.deleteNamespace(namespace)
  const isGone = async () => (await bed.cluster.get({ kind: 'Namespace', name: namespace })) === undefined
  const look = waitFor(isGone, { what: `end of namespace ${namespace} (${name})`, limitMs: MINUTE, everyMs: 250 })
  gone.set(
    name,
    look.then(() => performance.now() - (deletedAt.get(name) ?? 0)),
  )
  gone.get(name)?.catch(() => undefined)
}

const wordOf = async (name: string): Promise<string> => {
  const id = ids.get(name)
  if (id !== undefined) return String((await bed.control.order(id))['status'])
  return (await bed.control.orders()).some(({ product }) => product === UNSENT) ? 'there' : 'none'
}

type EventOfDeployment = {
  type: string
  reason: string
  note: string
  regarding: { kind: string; name: string; uid?: string }
  related?: { kind: string; namespace: string; name: string }
}

const eventsOf = async (reason: string, name: string): Promise<EventOfDeployment[]> => {
  const kind = { apiVersion: 'events.k8s.io/v1', kind: 'Event', namespace: bed.operatorNamespace }
  const all = (await bed.cluster.list(kind)) as unknown as EventOfDeployment[]
  return all.filter((event) => event.reason === reason && event.related?.namespace === homeOf(name))
}

const expectLeft = async (name: string, says: RegExp): Promise<void> => {
  const look = async () => (await eventsOf('OrderLeft', name)).length > 0
  await waitFor(look, { what: `Event about ${name}`, limitMs: 10_000 })
  const [event, ...others] = await eventsOf('OrderLeft', name)
  expect(others).toEqual([])
  expect(event).toMatchObject({
    type: 'Warning',
    regarding: { kind: 'Deployment', name: deployment.metadata.name, uid: deployment.metadata.uid },
    related: { kind: 'DigiCertOrder', namespace: homeOf(name), name },
  })
  expect(event?.note).toMatch(says)
  expect(event?.note).toContain(ids.has(name) ? `order ${String(ids.get(name))}` : 'alternative order id')
  const errors = operator.logs().filter((line) => /\berror\b/i.test(line) && line.includes('LeaveOrder'))
  expect(errors.filter((line) => line.includes(homeOf(name)))).toHaveLength(1)
}

/** Buys for all cases, and deletes their namespaces. */
async function deleteAll({ rights }: Mode): Promise<void> {
  const { cluster, control, operatorNamespace } = bed
  await cluster.apply([keySecretIn(operatorNamespace, 'certcentral', API_KEY), clusterAccount(homeOf('shared'))])
  await control.addFault({ match: { ...orderPost(UNSENT), times: 0 }, action: 'drop-before' })
  await Promise.all(ALL.filter(({ stands }) => stands !== 'needs_approval').map(placed))
  await control.changeSettings({ approval: 'one-step' })
  await Promise.all(ALL.filter(({ stands }) => stands === 'needs_approval').map(placed))
  await control.changeSettings({ approval: 'none' })
  for (const { name, fault } of ALL) if (fault) await control.addFault(fault(ids.get(name) ?? 0))
  if (rights === 'Roles') await Promise.all(ALL.map(({ name }) => disarm(name)))
  await Promise.all(ALL.map(({ name }) => remove(name)))
}

describeOwn.each([
  ['for the whole cluster', CLUSTER],
  ['for some namespaces, in which they go first', SOME],
])('a namespace that is deleted with all that is in it, by the rights of the chart %s,', (_where, mode) => {
  beforeAll(async () => {
    await begin(mode, [...ALL.map(({ name }) => name)])
    await deleteAll(mode)
  }, 180_000)
  afterAll(async () => {
    await bed.cluster.remove({ kind: 'ClusterDigiCertAccount', name: homeOf('shared') })
    await end()
  }, 120_000)

  test.each(CASES)(
    '%s',
    async (_what, { name, ends, left }) => {
      const tookMs = await gone.get(name)
      expect(tookMs).toBeLessThan(MINUTE)
      expect(await wordOf(name)).toBe(ends)
      if (left) await expectLeft(name, left)
      else expect(await eventsOf('OrderLeft', name)).toEqual([])
    },
    2 * MINUTE,
  )

  test(
    'counts what was left by the policy that asked for more',
    async () => {
      await Promise.allSettled(gone.values())
      const lines = (await (await fetch(operator.metricsUrl)).text()).split('\n')
      const left = ALL.filter((each) => each.left !== undefined).length
      expect(lines).toContain(`digicert_operator_orders_left_total{policy="RevokeOrder"} ${String(left)}`)
      expect(lines).toContain('digicert_operator_orders_left_total{policy="CancelPending"} 0')
    },
    2 * MINUTE,
  )
})

const revoking = (name: string): Case => ({ name, spec: REVOKING, account: 'own', stands: 'issued', ends: '' })

describeOwn('a namespace that is deleted', () => {
  beforeAll(async () => {
    await begin(CLUSTER, ['restarted', 'alone'])
    await Promise.all(['restarted', 'alone'].map(revoking).map(placed))
  }, 120_000)
  afterAll(end, 60_000)

  test(
    'goes though the operator was away when account and key went, and the order that is left is said',
    async () => {
      await operator.kill()
      await remove('restarted')
      const kind = { kind: 'DigiCertAccount', namespace: homeOf('restarted') }
      const isGone = async () => (await bed.cluster.list(kind)).length === 0
      await waitFor(isGone, { what: 'end of the account', limitMs: 20_000 })
      await operator.restart()

      expect(await gone.get('restarted')).toBeLessThan(MINUTE)
      expect(await wordOf('restarted')).toBe('issued')
      await expectLeft('restarted', /revoke order \d+\. Cause: the account does not exist/)
    },
    2 * MINUTE,
  )

  test(
    'holds an order that was deleted alone, and cannot be ended, no longer',
    async () => {
      await operator.kill()
      await bed.cluster.remove({ kind: 'DigiCertAccount', namespace: homeOf('alone'), name: 'certcentral' })
      await bed.cluster.remove({ kind: 'DigiCertOrder', namespace: homeOf('alone'), name: 'alone' })
      await operator.restart()
      const held = await untilOrder('alone', (seen) => hasCondition(seen, 'Issuing', 'False', 'DeletionBlocked'))
      expect(sentenceOf(held)).toMatch(/the account does not exist\. The object stays until it does\. .*Retain/)
      expect(await eventsOf('OrderLeft', 'alone')).toEqual([])

      await remove('alone')
      expect(await gone.get('alone')).toBeLessThan(MINUTE)
      expect(await order('alone')).toBeUndefined()
      await expectLeft('alone', /revoke order \d+\. Cause: the account does not exist/)
    },
    3 * MINUTE,
  )
})

describeOwn('a namespace that is deleted, where the chart makes Roles only and they go first,', () => {
  beforeAll(async () => {
    await begin(ROLES_ONLY, ['armless'])
    await placed(revoking('armless'))
    await disarm('armless')
    await remove('armless')
  }, 120_000)
  afterAll(end, 60_000)

  test(
    'has its order revoked, and an Event has the command that lets it go',
    async () => {
      const held = async () => (await eventsOf('FinalizerHeld', 'armless'))[0]
      const { note, regarding } = await waitFor(held, { what: 'Event about the finalizer', limitMs: MINUTE })
      expect(await wordOf('armless')).toBe('revoked')
      expect(regarding).toMatchObject({ kind: 'Deployment', name: deployment.metadata.name })

      const [, command = ''] = /kubectl (patch \S+ \S+ -n \S+ --type=merge -p '[^']+')/.exec(note) ?? []
      expect(await plane.kubectl(command.replaceAll("'", '').split(' '))).toMatchObject({ code: 0 })
      await gone.get('armless')
    },
    2 * MINUTE,
  )
})
