import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { ACCOUNT, eventually, orderIdOf, sentenceOf } from '../../support/journey.ts'
import { type Life, lifeOf } from '../../support/life.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

let machine: TimeMachine
let life: Life
beforeAll(async () => {
  machine = await startTimeMachine()
  life = lifeOf(machine)
})
afterAll(() => machine.close())
afterEach(async () => {
  await machine.certCentral.clearFaults()
  expect(await machine.faults()).toEqual([])
})

type Certificates = { id: number; status: string }[]

/** An order with two certificates, of which the second is the present one. */
const ofTwo = async (name: string, deletionPolicy: string) => {
  await life.applied(name, { deletionPolicy })
  await life.annotate(name, { 'reissue-requested-at': 'once' })
  const order = await life.revised(name, 2)
  const { certificates } = (await machine.certCentral.order(orderIdOf(order))) as { certificates: Certificates }
  return { order, id: orderIdOf(order), first: certificates[0]?.id, second: certificates[1]?.id }
}

const leftOf = async (id: number) => {
  const { status, certificates } = (await machine.certCentral.order(id)) as {
    status: string
    certificates: Certificates
  }
  return [status, ...certificates.map((certificate) => certificate.status)]
}

const secretOf = async (name: string) => (await machine.cluster.secret(machine.namespace, `${name}-tls`))?.data

describe('an order with two certificates whose resource is deleted', () => {
  test('with RevokeCertificate loses the present one, as was said, and nothing else', async () => {
    const { order, id, second } = await ofTwo('one', 'RevokeCertificate')
    const before = await secretOf('one')
    expect(order.status?.onDeletion).toBe(
      `RevokeCertificate: order ${id} stays, and its present certificate is revoked; the Secret stays`,
    )

    await life.remove('one')
    await life.isGone('one')

    expect(await leftOf(id)).toEqual(['issued', 'issued', 'revoked'])
    expect((await life.journal('one')).at(-1)).toMatchObject({ kind: 'revoke', certificateId: second })
    expect(await life.happened('one')).toEqual(['order', 'reissue', 'revoke'])
    expect(await secretOf('one')).toEqual(before)
  })

  test('with RevokeOrder, which names the order, loses all of them, as was said', async () => {
    const { order, id } = await ofTwo('all', 'RevokeOrder')
    const before = await secretOf('all')
    expect(order.status?.onDeletion).toBe(
      `RevokeOrder: order ${id} is revoked with all of its certificates; the Secret stays`,
    )

    await life.remove('all')
    await life.isGone('all')

    expect(await leftOf(id)).toEqual(['revoked', 'revoked', 'revoked'])
    expect((await life.journal('all')).at(-1)).toMatchObject({ kind: 'revoke' })
    expect((await life.journal('all')).at(-1)?.certificateId).toBeUndefined()
    expect(await secretOf('all')).toEqual(before)
  })

  test.each(['Retain', 'CancelPending'])('with %s keeps them, as was said', async (deletionPolicy) => {
    const name = deletionPolicy.toLowerCase()
    const { order, id } = await ofTwo(name, deletionPolicy)
    expect(order.status?.onDeletion).toBe(`${deletionPolicy}: order ${id} stays as it is; the Secret stays`)

    await life.remove(name)
    await life.isGone(name)

    expect(await leftOf(id)).toEqual(['issued', 'issued', 'issued'])
    expect(await life.happened(name)).toEqual(['order', 'reissue'])
  })

  test('says another end as soon as its policy is another one', async () => {
    const { id } = await ofTwo('changed', 'Retain')

    await life.edit('changed', { deletionPolicy: 'RevokeOrder' })
    await machine.until('changed', 'what will be', ({ status }) => status?.onDeletion?.includes('revoked') === true)
    await life.edit('changed', { deletionPolicy: 'Retain' })
    await machine.until('changed', 'what will be', ({ status }) => status?.onDeletion?.startsWith('Retain') === true)
    expect((await machine.order('changed')).metadata.finalizers ?? []).toEqual([])

    await life.remove('changed')
    await life.isGone('changed')
    expect(await leftOf(id)).toEqual(['issued', 'issued', 'issued'])
  })
})

describe('a resource whose end cannot be brought about because', () => {
  const account = () => ({ kind: 'DigiCertAccount', namespace: machine.namespace, name: ACCOUNT })

  const refuse = (status: number, path = '.*') =>
    machine.certCentral.addFault({ match: { path, times: 0 }, action: 'status', status, code: 'access_denied' })

  const goesWithRetain = async (name: string) => {
    await life.edit(name, { deletionPolicy: 'Retain' })
    await life.isGone(name)
    expect(await life.happened(name)).toEqual(['order'])
  }

  test.each([
    ['the key may not revoke', 'revoke', 403, '/revoke$'],
    ['CertCentral refuses to revoke', 'refused', 400, '/revoke$'],
    ['the key may not read', 'read', 403, String.raw`^/order/certificate/\d+$`],
  ])('%s is held, says so, and goes with Retain', async (_what, name, status, path) => {
    await life.applied(name, { deletionPolicy: 'RevokeOrder' })
    await refuse(status, path)

    await life.remove(name)

    await machine.until(name, 'a word', (order) => /access_denied/.test(sentenceOf(order)))
    await goesWithRetain(name)
  })

  test('the key may not revoke yet is ended once it may', async () => {
    const id = orderIdOf(await life.applied('later', { deletionPolicy: 'RevokeOrder' }))
    await refuse(403, '/revoke$')
    await life.remove('later')
    await machine.until('later', 'a word', (order) => /access_denied/.test(sentenceOf(order)))

    await machine.certCentral.clearFaults()
    await machine.travel(1 / 12)

    await life.isGone('later')
    expect(await leftOf(id)).toEqual(['revoked', 'revoked'])
  })

  test('its account is gone is held, says so, and goes with Retain', async () => {
    await life.applied('no-account', { deletionPolicy: 'RevokeOrder' })
    const stored = (await machine.cluster.get(account())) as unknown as { spec: object }
    await machine.cluster.remove(account())
    await eventually('end of the account', async () => !(await machine.cluster.get(account())))

    await life.remove('no-account')

    await machine.until('no-account', 'a word', (order) => /the account does not exist/.test(sentenceOf(order)))
    await goesWithRetain('no-account')
    await machine.apply({
      apiVersion: 'digicert-operator.io/v1alpha1',
      kind: 'DigiCertAccount',
      metadata: { name: ACCOUNT },
      spec: stored.spec,
    })
  })

  test('goes as well when somebody takes the finalizer away by hand', async () => {
    await life.applied('by-hand', { deletionPolicy: 'RevokeOrder' })
    await refuse(500)
    await life.remove('by-hand')

    await machine.cluster.patch(
      { kind: 'DigiCertOrder', namespace: machine.namespace, name: 'by-hand' },
      { metadata: { finalizers: null } },
    )

    await life.isGone('by-hand')
    expect(await life.happened('by-hand')).toEqual(['order'])
  })
})
