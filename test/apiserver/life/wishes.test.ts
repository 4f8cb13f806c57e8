import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { conditionOf, eventually, orderIdOf, orderNamed, reasonOf, sentenceOf } from '../../support/journey.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

let machine: TimeMachine
beforeAll(async () => {
  machine = await startTimeMachine()
})
afterAll(() => machine.close())
afterEach(async () => {
  await machine.certCentral.clearFaults()
  await machine.certCentral.changeSettings({ approval: 'none', instant: true })
  expect(await machine.faults()).toEqual([])
})

const says = (name: string, reason: string) => machine.until(name, reason, (order) => reasonOf(order) === reason)

const reference = (name: string) => ({ kind: 'DigiCertOrder', namespace: machine.namespace, name })

const annotate = (name: string, annotations: Record<string, string>) =>
  machine.cluster.patch(reference(name), { metadata: { annotations } })

const remove = (name: string) => machine.cluster.remove(reference(name))

const isGone = (name: string) =>
  eventually(`order ${name} to be gone`, async () => !(await machine.cluster.get(reference(name))))

/** What happened to the orders that name a domain, in CertCentral's own words. */
const happened = async (name: string): Promise<string[]> => {
  const journal = await machine.certCentral.journal()
  const ids = new Set(
    journal.filter(({ body }) => JSON.stringify(body ?? '').includes(`"${name}.example.com"`)).map((o) => o.orderId),
  )
  return journal.filter(({ orderId, kind }) => ids.has(orderId) && kind !== 'issue').map(({ kind }) => kind)
}

const applied = async (name: string, spec: object = {}): Promise<DigiCertOrder> => {
  await machine.apply(orderNamed(name, spec))
  return machine.settled(name)
}

const reissued = async (name: string, revision = 2): Promise<DigiCertOrder> => {
  await machine.until(name, `revision ${revision}`, ({ status }) => status?.revision === revision)
  return machine.settled(name)
}

describe('an order that is suspended', () => {
  test('is not bought, says so, and is bought once it is let go', async () => {
    await machine.apply(orderNamed('later', { suspend: true }))
    const held = await says('later', 'Suspended')
    expect([conditionOf(held, 'Ready')?.status, conditionOf(held, 'Issuing')?.status]).toEqual(['False', 'False'])
    expect(await happened('later')).toEqual([])

    await applied('later')
    expect(await happened('later')).toEqual(['order'])
  })

  test('keeps its certificate and is not reissued, and what is due is said to be', async () => {
    const { status } = await applied('paused')
    await machine.apply(orderNamed('paused', { suspend: true, dnsNames: ['www.paused.example.com'] }))

    const held = await says('paused', 'Suspended')

    expect(conditionOf(held, 'Ready')?.status).toBe('True')
    expect(held.status?.certificate).toEqual(status?.certificate)
    expect(await happened('paused')).toEqual(['order'])
  })
})

describe('an annotation', () => {
  test.each([
    ['digicert-operator.io/check-requested-at', 'lastHandledCheckRequestedAt'],
    ['reconcile.fluxcd.io/requestedAt', 'lastHandledReconcileAt'],
  ] as const)('%s makes CertCentral be asked once, and is echoed', async (annotation, echo) => {
    const name = `asked-${echo.slice(11, 16).toLowerCase()}`
    const order = await applied(name)
    const looks = async () =>
      (await machine.certCentral.calls()).last.filter(({ path }) => path.endsWith(`/${orderIdOf(order)}`)).length
    const before = await looks()

    await annotate(name, { [annotation]: 'now-please' })

    await machine.until(name, echo, ({ status }) => status?.[echo] === 'now-please')
    expect(await looks()).toBe(before + 1)
    expect(await happened(name)).toEqual(['order'])
  })

  test('reissue-requested-at makes one reissue with another key, and no purchase', async () => {
    const before = await applied('anew')

    await annotate('anew', { 'digicert-operator.io/reissue-requested-at': '2026-11-24' })

    const after = await reissued('anew')
    expect(after.status?.lastHandledReissueRequestedAt).toBe('2026-11-24')
    expect(after.status?.certificate?.serialNumber).not.toBe(before.status?.certificate?.serialNumber)
    await annotate('anew', { 'digicert-operator.io/check-requested-at': 'again' })
    await machine.until('anew', 'a look', ({ status }) => status?.lastHandledCheckRequestedAt === 'again')
    expect(await happened('anew')).toEqual(['order', 'reissue'])
  })

  test('reissue-requested-at does nothing where the spec forbids reissues, and is echoed', async () => {
    await applied('never', { reissue: { by: 'Never' } })

    await annotate('never', { 'digicert-operator.io/reissue-requested-at': 'x' })

    await machine.until('never', 'the echo', ({ status }) => status?.lastHandledReissueRequestedAt === 'x')
    expect(await happened('never')).toEqual(['order'])
  })
})

describe('a spec that is edited', () => {
  test('gets the names that were added by a reissue', async () => {
    await applied('more')

    await machine.apply(orderNamed('more', { dnsNames: ['www.more.example.com'] }))

    const { status } = await reissued('more')
    expect(status?.certificate?.dnsNames.toSorted()).toEqual(['more.example.com', 'www.more.example.com'])
    expect(await happened('more')).toEqual(['order', 'reissue'])
  })

  test('keeps names that were taken out until a person consents', async () => {
    await applied('fewer', { dnsNames: ['www.fewer.example.com'] })

    await machine.apply(orderNamed('fewer'))
    const held = await says('fewer', 'NameRemovalBlocked')
    expect(conditionOf(held, 'Ready')?.status).toBe('True')
    expect(sentenceOf(held)).toContain('www.fewer.example.com')
    expect(await happened('fewer')).toEqual(['order'])

    await machine.apply(orderNamed('fewer', { reissue: { allowNameRemoval: true } }))
    const { status } = await reissued('fewer')
    expect(status?.certificate?.dnsNames).toEqual(['fewer.example.com'])
    expect(await happened('fewer')).toEqual(['order', 'reissue'])
  })

  test('gets another kind of key by a reissue', async () => {
    await applied('stronger')

    await machine.apply(orderNamed('stronger', { privateKey: { algorithm: 'RSA', size: 3072 } }))

    await reissued('stronger')
    const secret = await machine.cluster.secret(machine.namespace, 'stronger-tls')
    expect(secret?.data['tls.key']?.length).toBeGreaterThan(2000)
    expect(await happened('stronger')).toEqual(['order', 'reissue'])
  })
})

describe('an order that was bought elsewhere', () => {
  /** Buys an order under a name that nobody has any more. */
  const boughtAs = async (name: string): Promise<number> => {
    const order = await applied(name)
    await remove(name)
    await isGone(name)
    return orderIdOf(order)
  }

  const adopting = (name: string, adoptOrderId: number, more: object = {}) =>
    orderNamed(name, { adoptOrderId, commonName: 'console.example.com', ...more })

  test('is shown while the resource is suspended, and taken over after: certified anew with a key of ours, not bought', async () => {
    const id = await boughtAs('console')

    await machine.apply(adopting('taker', id, { suspend: true }))
    const preview = await says('taker', 'Suspended')
    expect(sentenceOf(preview)).toContain(String(id))
    expect(preview.status?.order).toBeUndefined()

    await machine.apply(adopting('taker', id))
    const order = await machine.settled('taker')
    expect(orderIdOf(order)).toBe(id)
    expect(order.status?.history?.map(({ what }) => what)).toEqual(['Adopted', 'Reissued'])
    expect(await happened('console')).toEqual(['order', 'reissue'])

    await machine.apply(adopting('second', id))
    expect(sentenceOf(await says('second', 'AdoptionRefused'))).toContain('taker')
  })

  test.each([
    ['another product', { product: 'ssl_dv_rapidssl' }, 'product'],
    ['other names', { commonName: 'other.example.com' }, 'other.example.com'],
  ])('is refused where it has %s, and nothing is bought', async (what, spec, said) => {
    const name = what.replaceAll(' ', '-')
    const id = await boughtAs(`old-${name}`)
    const paid = (await machine.certCentral.paid()).length

    await machine.apply(adopting(name, id, { commonName: `old-${name}.example.com`, ...spec }))

    const order = await says(name, 'AdoptionRefused')
    expect(conditionOf(order, 'Stalled')?.status).toBe('True')
    expect(sentenceOf(order)).toContain(said)
    expect(await machine.certCentral.paid()).toHaveLength(paid)
  })

  test('is refused where CertCentral does not know it', async () => {
    const paid = (await machine.certCentral.paid()).length
    await machine.apply(adopting('unknown', 4_000_000))
    expect(sentenceOf(await says('unknown', 'AdoptionRefused'))).toContain('4000000')
    expect(await machine.certCentral.paid()).toHaveLength(paid)
  })
})

describe('a resource that is deleted', () => {
  const POLICIES = [
    ['Retain', 'pending', []],
    ['Retain', 'issued', []],
    ['CancelPending', 'pending', ['cancel']],
    ['CancelPending', 'needs-approval', ['reject']],
    ['CancelPending', 'issued', []],
    ['RevokeCertificate', 'pending', ['cancel']],
    ['RevokeCertificate', 'issued', ['revoke']],
    ['RevokeOrder', 'issued', ['revoke']],
  ] as const

  test.each(POLICIES)('with %s and its order %s leaves this behind: %p', async (deletionPolicy, state, ending) => {
    const name = `bye-${deletionPolicy.toLowerCase()}-${state}`
    if (state === 'needs-approval') await machine.certCentral.changeSettings({ approval: 'one-step' })
    if (state === 'pending') await machine.certCentral.changeSettings({ instant: false })
    await machine.apply(orderNamed(name, { deletionPolicy }))
    const reason = { pending: 'AwaitingValidation', 'needs-approval': 'AwaitingApproval', issued: 'Issued' }[state]
    const order = await says(name, reason)
    expect(order.status?.onDeletion).toContain(String(orderIdOf(order)))
    expect(order.metadata.finalizers ?? []).toHaveLength(deletionPolicy === 'Retain' ? 0 : 1)
    const before = await happened(name)

    await remove(name)

    await isGone(name)
    expect((await happened(name)).slice(before.length)).toEqual(ending)
    if (state === 'issued') expect(await machine.cluster.secret(machine.namespace, `${name}-tls`)).toBeDefined()
  })

  test('is held while CertCentral is away, says so, and goes at once with Retain', async () => {
    await applied('held', { deletionPolicy: 'RevokeOrder' })
    await machine.certCentral.addFault({ match: { path: '.*', times: 0 }, action: 'error-before' })

    await remove('held')
    await machine.until('held', 'Deleting', (order) => reasonOf(order) === 'Deleting')
    await machine.cluster.patch(reference('held'), { spec: { deletionPolicy: 'Retain' } })

    await isGone('held')
    expect(await happened('held')).toEqual(['order'])
  })
})
