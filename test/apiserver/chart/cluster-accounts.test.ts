import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { accountIn, bought, orderIn, place, untilReady, untilStalled } from '../../support/bad-days.ts'
import { type ChartBed, LIMIT, bindUser, startChartBed, untilRefused } from '../../support/chart-bed.ts'
import { describeOwn, hasOwnPlane } from '../../support/own-plane.ts'
import { waitFor } from '../../support/wait-for.ts'

const PREFIX = 'digicert-operator.io'

let chart: ChartBed
let bed: ChartBed['bed']

const shared = () => `shared-${bed.namespace}`
const other = () => `other-${bed.namespace}`
const accountRef = (name: string) => ({ accountRef: { kind: 'ClusterDigiCertAccount', name } })

/** Applies an order as a person, and gives what kubectl says. */
const applyAs = async (user: string, name: string, spec: object, namespace = bed.namespace): Promise<string> => {
  const args = ['apply', '--as', user, '--server-side', '--force-conflicts', '-f', '-']
  const { stdout, stderr } = await chart.plane.kubectl(args, { input: JSON.stringify(orderIn(namespace, name, spec)) })
  return `${stdout}${stderr}`
}

/** Makes a role with one rule about the operator's kinds, and binds a person to it. */
const bindRole = async (user: string, name: string, rule: object, namespace: string): Promise<void> => {
  await bed.cluster.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace },
    rules: [{ apiGroups: [PREFIX], ...rule }],
  })
  await bindUser(bed, user, ['Role', name], namespace)
}

const patchAs = async (user: string, name: string, body: object, ...flags: string[]): Promise<string> => {
  const args = ['patch', 'digicertorder', name, '-n', bed.namespace, '--as', user, '--type', 'merge', ...flags]
  const { stdout, stderr } = await chart.plane.kubectl([...args, '-p', JSON.stringify(body)])
  return `${stdout}${stderr}`
}

const untilApplied = (user: string, name: string, spec: object, namespace?: string) =>
  waitFor(async () => /serverside-applied/.test(await applyAs(user, name, spec, namespace)), { what: name, ...LIMIT })

/** No controller adds these roles to those of the cluster here. */
const bind = (user: string, role: string, namespace: string) =>
  bindUser(bed, user, ['ClusterRole', chart.roleOf(role)], namespace)

/* Jane may edit both namespaces. Una may edit one of them, and use all cluster accounts there. */
beforeAll(async () => {
  if (!hasOwnPlane()) return
  chart = await startChartBed()
  ;({ bed } = chart)
  const { cluster, namespace, otherNamespace, operatorNamespace } = bed
  for (const name of [shared(), other()]) {
    const [key, account] = accountIn({ ...bed, namespace: operatorNamespace }, name) as [object, { spec: object }]
    await cluster.apply([key, { ...account, kind: 'ClusterDigiCertAccount', metadata: { name } }])
  }
  for (const where of [namespace, otherNamespace]) await bind('jane', 'edit', where)
  for (const role of ['edit', 'use-accounts']) await bind('una', role, namespace)
  await untilApplied('jane', 'of-jane', {})
  await untilRefused('the policy on cluster accounts', async () => {
    throw new Error(await applyAs('jane', 'early', accountRef(shared())))
  })
  await untilApplied('una', 'of-una', accountRef(shared()))
}, 120_000)

afterAll(async () => {
  if (!hasOwnPlane()) return
  for (const name of [shared(), other()]) await bed.cluster.remove({ kind: 'ClusterDigiCertAccount', name })
  await chart.close()
})

describeOwn('the policy of the chart on cluster accounts', () => {
  test('a person who may edit a namespace places no order from one without the verb use on it', async () => {
    const said = await applyAs('jane', 'spending', accountRef(shared()))

    expect(said).toContain(`jane may not use the ClusterDigiCertAccount ${shared()} in the namespace ${bed.namespace}`)
    expect(said).toMatch(/that takes the verb use on it, which the ClusterRole .*-use-accounts has/)
    expect(await bed.cluster.order(bed.namespace, 'spending')).toBeUndefined()
  })

  test('who places one from an account of the namespace is not asked', async () => {
    expect(await applyAs('jane', 'own-account', {})).toContain('serverside-applied')
    await untilReady(bed, 'own-account', LIMIT.limitMs)
  })

  test('an order that another person placed from one takes labels, annotations and finalizers, but no other spec', async () => {
    await place(bed, 'of-admin', accountRef(shared()))
    await untilReady(bed, 'of-admin', LIMIT.limitMs)

    const touched = await patchAs('jane', 'of-admin', {
      metadata: { labels: { a: 'b' }, annotations: { c: 'd' }, finalizers: ['example.com/mine'] },
    })
    const edited = await patchAs('jane', 'of-admin', { spec: { dnsNames: ['more.example.com'] } })
    const freed = await patchAs('jane', 'of-admin', { metadata: { finalizers: null } })

    expect([touched, freed]).toEqual([PATCHED('of-admin'), PATCHED('of-admin')])
    expect(edited).toContain('jane may not use')
  })

  test('with the role of the chart, bound in a namespace, it is all of them there and none elsewhere', async () => {
    expect(await applyAs('una', 'allowed', accountRef(other()))).toContain('serverside-applied')
    await untilReady(bed, 'allowed', LIMIT.limitMs)

    await bind('una', 'edit', bed.otherNamespace)
    await untilApplied('una', 'allowed-there', {}, bed.otherNamespace)
    expect(await applyAs('una', 'elsewhere', accountRef(shared()), bed.otherNamespace)).toContain('una may not use')
  })

  test('with a role that names one account, it is that one', async () => {
    const one = { resources: ['clusterdigicertaccounts'], resourceNames: [other()], verbs: ['use'] }
    await bindRole('jane', 'one', one, bed.otherNamespace)

    await untilApplied('jane', 'named', accountRef(other()), bed.otherNamespace)
    expect(await applyAs('jane', 'not-named', accountRef(shared()), bed.otherNamespace)).toContain('jane may not use')
  })
})

const PATCHED = (name: string) => `digicertorder.digicert-operator.io/${name} patched\n`

/** What buys, or makes a certificate, without a change of the spec. */
const REQUESTS = ['order-again', 'release-brake', 'reissue-requested-at'].map((name) => `${PREFIX}/${name}`)

const annotationsOf = async (name: string) => (await bed.cluster.order(bed.namespace, name))?.metadata.annotations ?? {}

const annotateAs = (user: string, name: string, annotations: Record<string, string | null>) =>
  patchAs(user, name, { metadata: { annotations } })

describeOwn('an annotation that buys, or makes a certificate,', () => {
  const USED = Object.fromEntries(REQUESTS.map((name) => [name, 'used']))

  /* Suspended: nothing comes of what is allowed here. */
  beforeAll(async () => {
    for (const name of ['bare', 'asked']) await place(bed, name, { ...accountRef(shared()), suspend: true })
    await place(bed, 'of-namespace', { suspend: true })
    await bed.cluster.patch(orderRef('asked'), { metadata: { annotations: USED } })
  })

  const orderRef = (name: string) => ({ kind: 'DigiCertOrder', namespace: bed.namespace, name })

  describe.each(REQUESTS)('%s', (annotation) => {
    test('is not added to an order from a cluster account without the verb use', async () => {
      const said = await annotateAs('jane', 'bare', { [annotation]: '7000001', 'example.com/more': 'x' })

      expect(said).toContain(
        `jane may not set the annotation ${annotation}: it has a certificate bought or made from the ClusterDigiCertAccount ${shared()}`,
      )
      expect(said).toMatch(
        /that takes the verb use on it in the namespace \S+, which the ClusterRole \S+-use-accounts has/,
      )
      expect(await annotationsOf('bare')).toEqual({})
    })

    test('gets no other value without it, an empty one neither', async () => {
      for (const value of ['7000001', ''])
        expect(await annotateAs('jane', 'asked', { [annotation]: value })).toContain('jane may not set the annotation')
      expect(await annotationsOf('asked')).toMatchObject({ [annotation]: 'used' })
    })

    test('is no reason to refuse who applies the value that is there, or changes other metadata', async () => {
      const body = { metadata: { labels: { seen: annotation.split('/')[1] }, annotations: { [annotation]: 'used' } } }

      expect(await patchAs('jane', 'asked', body)).toBe(PATCHED('asked'))
    })

    test('is free to set on an order from an account of the namespace', async () => {
      expect(await annotateAs('jane', 'of-namespace', { [annotation]: '7000001' })).toBe(PATCHED('of-namespace'))
      expect(await annotationsOf('of-namespace')).toMatchObject({ [annotation]: '7000001' })
    })

    test('is set with the verb use', async () => {
      expect(await annotateAs('una', 'bare', { [annotation]: '7000001' })).toBe(PATCHED('bare'))
      expect(await annotationsOf('bare')).toMatchObject({ [annotation]: '7000001' })
      await annotateAs('una', 'bare', { [annotation]: null })
    })

    test('is taken off without it', async () => {
      expect(await annotateAs('jane', 'asked', { [annotation]: null })).toBe(PATCHED('asked'))
      expect(await annotationsOf('asked')).not.toHaveProperty([annotation])
    })
  })

  test('is named with the others that come with it', async () => {
    const said = await annotateAs('jane', 'bare', Object.fromEntries(REQUESTS.map((name) => [name, '1'])))

    expect(said).toContain(`jane may not set the annotation ${REQUESTS.join(' or ')}: it has`)
  })

  test('does not come in by the status, for a person who may write that', async () => {
    await bindRole('jane', 'status', { resources: ['digicertorders/status'], verbs: ['get', 'patch'] }, bed.namespace)
    const annotations = Object.fromEntries(REQUESTS.map((name) => [name, '7000001']))

    await waitFor(
      async () => /patched/.test(await patchAs('jane', 'bare', { metadata: { annotations } }, '--subresource=status')),
      { what: 'right to patch the status', ...LIMIT },
    )

    expect(await annotationsOf('bare')).toEqual({})
  })

  test('buys again, once it is set by a person who may use the account, and not before', async () => {
    await place(bed, 'warm', accountRef(shared()))
    const { status } = await untilReady(bed, 'warm', LIMIT.limitMs)
    const id = status!.order!.id
    await bed.control.setStatus(id, 'revoked')
    await untilStalled(bed, 'warm', 'OrderRevoked', LIMIT.limitMs)
    const again = { [`${PREFIX}/order-again`]: String(id) }

    expect(await annotateAs('jane', 'warm', again)).toContain('jane may not set the annotation')
    expect(await annotationsOf('warm')).toEqual({})
    expect(await bought(bed, 'warm')).toHaveLength(1)

    expect(await annotateAs('una', 'warm', again)).toBe(PATCHED('warm'))
    await bed.cluster.waitForOrder(
      bed.namespace,
      'warm',
      (order) => order.status?.order !== undefined && order.status.order.id !== id,
      LIMIT.limitMs,
    )
    expect(await bought(bed, 'warm')).toHaveLength(2)
  })
})

describeOwn('the role of the chart for editors, bound alone,', () => {
  /* As `kubectl apply` works for a person: by reading first, and from the last applied state on. */
  const applyClientSide = async (spec: object): Promise<string> => {
    const input = JSON.stringify(orderIn(bed.namespace, 'twice', { suspend: true, ...spec }))
    const { stdout, stderr } = await chart.plane.kubectl(['apply', '--as', 'ed', '-f', '-'], { input })
    return `${stdout}${stderr}`
  }
  const mayI = async (verb: string, kind: string, subresource = '') => {
    const question = ['auth', 'can-i', verb, kind, `--subresource=${subresource}`]
    return (await chart.plane.kubectl([...question, '-n', bed.namespace, '--as', 'ed'])).stdout.trim()
  }

  beforeAll(async () => {
    await bind('ed', 'edit', bed.namespace)
    await waitFor(async () => (await mayI('create', 'digicertorders')) === 'yes', { what: 'role of ed', ...LIMIT })
  })

  test('is enough to apply an order, to apply it again, and to change it', async () => {
    const line = (outcome: string) => `digicertorder.digicert-operator.io/twice ${outcome}\n`

    expect(await applyClientSide({})).toBe(line('created'))
    expect(await applyClientSide({})).toBe(line('unchanged'))
    expect(await applyClientSide({ dnsNames: ['more.example.com'] })).toBe(line('configured'))
  })

  test('reads and writes orders and accounts, and no status', async () => {
    const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']
    for (const verb of verbs)
      for (const kind of ['digicertorders', 'digicertaccounts'])
        expect([verb, kind, await mayI(verb, kind), await mayI(verb, kind, 'status')]).toEqual([
          ...[verb, kind],
          ...['yes', 'no'],
        ])

    const forged = await patchAs('ed', 'twice', { status: { order: { id: 7000001 } } }, '--subresource=status')
    expect(forged).toMatch(/Forbidden.*cannot (get|patch) resource "digicertorders\/status"/)
  })
})
