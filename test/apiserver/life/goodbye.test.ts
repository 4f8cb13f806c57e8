import { describe, expect, test } from '@jest/globals'
import { ACCOUNT, eventually, orderIdOf, sentenceOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const here = holdTimeMachine('file')

type Certificates = { id: number; status: string }[]

/** An order with two certificates, of which the second is the present one. */
const ofTwo = async (name: string, deletionPolicy: string) => {
  await here.life.applied(name, { deletionPolicy })
  await here.life.annotate(name, { 'reissue-requested-at': 'once' })
  const order = await here.life.revised(name, 2)
  const { certificates } = (await here.machine.certCentral.order(orderIdOf(order))) as { certificates: Certificates }
  return { order, id: orderIdOf(order), first: certificates[0]?.id, second: certificates[1]?.id }
}

const leftOf = async (id: number) => {
  const { status, certificates } = (await here.machine.certCentral.order(id)) as {
    status: string
    certificates: Certificates
  }
  return [status, ...certificates.map((certificate) => certificate.status)]
}

const secretOf = async (name: string) =>
  (await here.machine.cluster.secret(here.machine.namespace, `${name}-tls`))?.data

describe('an order with two certificates whose resource is deleted', () => {
  test('with RevokeCertificate loses the present one, as was said, and nothing else', async () => {
    const { order, id, second } = await ofTwo('one', 'RevokeCertificate')
    const before = await secretOf('one')
    expect(order.status?.onDeletion).toBe(
      `RevokeCertificate: order ${id} stays, and its present certificate is revoked; the Secret stays`,
    )

    await here.life.remove('one')
    await here.life.isGone('one')

    expect(await leftOf(id)).toEqual(['issued', 'issued', 'revoked'])
    expect((await here.life.journal('one')).at(-1)).toMatchObject({ kind: 'revoke', certificateId: second })
    expect(await here.life.happened('one')).toEqual(['order', 'reissue', 'revoke'])
    expect(await secretOf('one')).toEqual(before)
  })

  test('with RevokeOrder, which names the order, loses all of them, as was said', async () => {
    const { order, id } = await ofTwo('all', 'RevokeOrder')
    const before = await secretOf('all')
    expect(order.status?.onDeletion).toBe(
      `RevokeOrder: order ${id} is revoked with all of its certificates; the Secret stays`,
    )

    await here.life.remove('all')
    await here.life.isGone('all')

    expect(await leftOf(id)).toEqual(['revoked', 'revoked', 'revoked'])
    expect((await here.life.journal('all')).at(-1)).toMatchObject({ kind: 'revoke' })
    expect((await here.life.journal('all')).at(-1)?.certificateId).toBeUndefined()
    expect(await secretOf('all')).toEqual(before)
  })

  test.each(['Retain', 'CancelPending'])('with %s keeps them, as was said', async (deletionPolicy) => {
    const name = deletionPolicy.toLowerCase()
    const { order, id } = await ofTwo(name, deletionPolicy)
    expect(order.status?.onDeletion).toBe(`${deletionPolicy}: order ${id} stays as it is; the Secret stays`)

    await here.life.remove(name)
    await here.life.isGone(name)

    expect(await leftOf(id)).toEqual(['issued', 'issued', 'issued'])
    expect(await here.life.happened(name)).toEqual(['order', 'reissue'])
  })

  test('says another end as soon as its policy is another one', async () => {
    const { id } = await ofTwo('changed', 'Retain')

    await here.life.edit('changed', { deletionPolicy: 'RevokeOrder' })
    await here.machine.until(
      'changed',
      'what will be',
      ({ status }) => status?.onDeletion?.includes('revoked') === true,
    )
    await here.life.edit('changed', { deletionPolicy: 'Retain' })
    await here.machine.until(
      'changed',
      'what will be',
      ({ status }) => status?.onDeletion?.startsWith('Retain') === true,
    )
    expect((await here.machine.order('changed')).metadata.finalizers ?? []).toEqual([])

    await here.life.remove('changed')
    await here.life.isGone('changed')
    expect(await leftOf(id)).toEqual(['issued', 'issued', 'issued'])
  })
})

describe('a resource whose end cannot be brought about because', () => {
  const account = () => ({ kind: 'DigiCertAccount', namespace: here.machine.namespace, name: ACCOUNT })

  const refuse = (status: number, path = '.*') =>
    here.machine.certCentral.addFault({ match: { path, times: 0 }, action: 'status', status, code: 'access_denied' })

  const goesWithRetain = async (name: string) => {
    await here.life.edit(name, { deletionPolicy: 'Retain' })
    await here.life.isGone(name)
    expect(await here.life.happened(name)).toEqual(['order'])
  }

  test.each([
    ['the key may not revoke', 'revoke', 403, '/revoke$'],
    ['CertCentral refuses to revoke', 'refused', 400, '/revoke$'],
    ['the key may not read', 'read', 403, String.raw`^/order/certificate/\d+$`],
  ])('%s is held, says so, and goes with Retain', async (_what, name, status, path) => {
    await here.life.applied(name, { deletionPolicy: 'RevokeOrder' })
    await refuse(status, path)

    await here.life.remove(name)

    await here.machine.until(name, 'a word', (order) => /access_denied/.test(sentenceOf(order)))
    await goesWithRetain(name)
  })

  test('the key may not revoke yet is ended once it may', async () => {
    const id = orderIdOf(await here.life.applied('later', { deletionPolicy: 'RevokeOrder' }))
    await refuse(403, '/revoke$')
    await here.life.remove('later')
    await here.machine.until('later', 'a word', (order) => /access_denied/.test(sentenceOf(order)))

    await here.machine.certCentral.clearFaults()
    await here.machine.travel(1 / 12)

    await here.life.isGone('later')
    expect(await leftOf(id)).toEqual(['revoked', 'revoked'])
  })

  /** Takes the account away for a while in which something is tried. */
  const withoutAccount = async (tries: () => Promise<unknown>): Promise<void> => {
    const stored = (await here.machine.cluster.get(account())) as unknown as { spec: object }
    await here.machine.cluster.remove(account())
    await eventually('end of the account', async () => !(await here.machine.cluster.get(account())))
    await tries()
    await here.machine.apply({
      apiVersion: 'digicert-operator.io/v1alpha1',
      kind: 'DigiCertAccount',
      metadata: { name: ACCOUNT },
      spec: stored.spec,
    })
  }

  test('its account went a moment before is ended all the same', async () => {
    const id = orderIdOf(await here.life.applied('account-first', { deletionPolicy: 'RevokeOrder' }))
    await withoutAccount(async () => {
      await here.life.remove('account-first')
      await here.life.isGone('account-first')
    })
    expect(await leftOf(id)).toEqual(['revoked', 'revoked'])
  })

  test('its account is long gone is held, says so, and goes with Retain', async () => {
    await here.life.applied('no-account', { deletionPolicy: 'RevokeOrder' })
    await withoutAccount(async () => {
      await here.machine.travel(1 / 24)

      await here.life.remove('no-account')

      await here.machine.until('no-account', 'a word', (order) => /the account does not exist/.test(sentenceOf(order)))
      await goesWithRetain('no-account')
    })
  })

  test('goes as well when somebody takes the finalizer away by hand', async () => {
    await here.life.applied('by-hand', { deletionPolicy: 'RevokeOrder' })
    await refuse(500)
    await here.life.remove('by-hand')

    await here.machine.cluster.patch(
      { kind: 'DigiCertOrder', namespace: here.machine.namespace, name: 'by-hand' },
      { metadata: { finalizers: null } },
    )

    await here.life.isGone('by-hand')
    expect(await here.life.happened('by-hand')).toEqual(['order'])
  })
})
