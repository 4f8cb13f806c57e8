import { createPublicKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { ANNOTATIONS, MANAGED_LABEL } from '../../../src/api/names.ts'
import { keyFact, orderFact, storedFact, targetFact } from '../../../src/controller/facts.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { readBundle } from '../../../src/pki/bundle.ts'
import { createCsr } from '../../../src/pki/csr.ts'
import { exportKey, publicFingerprint } from '../../../src/pki/keys.ts'
import { NOW, aSpec, anOrder, inDays, named } from '../../support/builders.ts'
import { issueChain } from '../../support/ca.ts'

const NAMES = ['shop.example.com', 'www.shop.example.com']
const { leaf, intermediate, root } = await issueChain(NAMES, NOW)
const other = await issueChain(NAMES, NOW)

const written = readBundle(leaf.pem + intermediate.pem + root.pem, { key: leaf.key, names: NAMES, now: NOW })
if (!written.ok) throw new Error(written.message)
const { bundle } = written

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

const PAIR = { 'tls.key': exportKey(leaf.key, 'PKCS8'), 'tls.crt': bundle.certificate, 'ca.crt': bundle.ca }

const aSecret = (data: Record<string, string> = PAIR, changes: Partial<Secret['metadata']> = {}): Secret => ({
  type: 'kubernetes.io/tls',
  metadata: {
    name: 'shop-tls',
    namespace: 'shop',
    labels: { [MANAGED_LABEL]: 'true' },
    annotations: { [ANNOTATIONS.owner]: 'shop', [ANNOTATIONS.orderId]: '12', [ANNOTATIONS.certificateId]: '34' },
    ...changes,
  },
  data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, base64(text)])),
})

const ECDSA = aSpec({ privateKey: { algorithm: 'ECDSA' } })
const ours = { kind: 'ours' } as const

describe('the key that is kept', () => {
  test.each<readonly [string, Secret | undefined, string]>([
    ['is absent without a Secret', undefined, 'absent'],
    ['fits what the spec asks for', aSecret(), 'fits'],
    ['misfits where the Secret holds no key', aSecret({}), 'misfits'],
    ['misfits where the Secret holds garbage', aSecret({ 'tls.key': 'garbage' }), 'misfits'],
  ])('%s', (_sentence, secret, state) => {
    expect(keyFact(secret, ECDSA).state).toBe(state)
  })

  test('misfits where the spec asks for another kind, and is handed out all the same', () => {
    const { state, key, fingerprint } = keyFact(aSecret(), aSpec())
    expect([state, key?.asymmetricKeyType, fingerprint]).toEqual(['misfits', 'ec', publicFingerprint(leaf.key)])
  })
})

describe('the CSR that is kept in place of a key', () => {
  const elsewhere = { ...aSpec(), csrSecretRef: { name: 'hsm', key: 'tls.csr' } }

  test('fits, with the public key in it, until the spec names another one', async () => {
    const csr = await createCsr(leaf.key, NAMES)
    const kept = aSecret({ 'tls.csr': csr })
    const fingerprint = publicFingerprint(leaf.key)
    expect(keyFact(kept, elsewhere)).toMatchObject({ state: 'fits', fingerprint, csr })
    const given = (key: typeof leaf.key) => ({ kind: 'good', pem: csr, publicKey: createPublicKey(key) }) as const
    expect(keyFact(kept, elsewhere, given(leaf.key)).state).toBe('fits')
    expect(keyFact(kept, elsewhere, given(other.leaf.key)).state).toBe('misfits')
  })

  test('misfits where a key is kept in its place', () => {
    expect(keyFact(aSecret(), elsewhere).state).toBe('misfits')
  })

  test('lets the certificate be told without a private key', () => {
    const alone = aSecret({ 'tls.crt': PAIR['tls.crt'], 'ca.crt': PAIR['ca.crt'] })
    expect(storedFact(alone, ours, elsewhere)).toMatchObject({ orderId: 12, notAfter: inDays(90) })
    expect(storedFact(alone, ours, elsewhere, [publicFingerprint(leaf.key)])).toBeDefined()
    expect(storedFact(alone, ours, elsewhere, [publicFingerprint(other.leaf.key)])).toBeUndefined()
    expect(storedFact(alone, ours, ECDSA)).toBeUndefined()
    expect(storedFact(aSecret({ 'tls.crt': 'garbage' }), ours, elsewhere)).toBeUndefined()
  })
})

test('what comes on hardware needs no key and has no Secret', () => {
  const token = aSpec({ product: 'document_signing_org_1' })
  expect(keyFact(undefined, token).state).toBe('fits')
  expect(storedFact(aSecret(), ours, token)).toBeUndefined()
})

describe('the pair in the Secret', () => {
  test('is told with its ids, its dates and the names that it lacks', () => {
    const spec = { ...ECDSA, dnsNames: ['www.shop.example.com', 'New.example.com'] }
    expect(storedFact(aSecret(), ours, spec)).toMatchObject({
      orderId: 12,
      facts: { id: 34, dnsNames: NAMES },
      notBefore: inDays(-1),
      notAfter: inDays(90),
      missingNames: ['new.example.com'],
    })
  })

  test('is judged anew for each spec, though the Secret is the same', () => {
    const secret = aSecret()
    const lacking = ['a.example.com', 'b.example.com'].map(
      (name) => storedFact(secret, ours, { ...ECDSA, dnsNames: [name] })?.missingNames,
    )
    expect(lacking).toEqual([['a.example.com'], ['b.example.com']])
  })

  test('has no ids where the annotations were taken away or are nonsense', () => {
    const annotations = { [ANNOTATIONS.owner]: 'shop', [ANNOTATIONS.orderId]: '-1', [ANNOTATIONS.certificateId]: 'x' }
    const stored = storedFact(aSecret(PAIR, { annotations }), ours, ECDSA)
    expect([stored?.orderId, stored?.facts.id]).toEqual([undefined, undefined])
  })

  test.each<readonly [string, Secret | undefined]>([
    ['there is no Secret', undefined],
    ['the Secret is empty', aSecret({})],
    ['the key is gone', aSecret({ ...PAIR, 'tls.key': '' })],
    ['the key is another one', aSecret({ ...PAIR, 'tls.key': exportKey(other.leaf.key, 'PKCS8') })],
    ['the certificate is another one', aSecret({ ...PAIR, 'tls.crt': other.leaf.pem + other.intermediate.pem })],
    ['the certificate is garbage', aSecret({ ...PAIR, 'tls.crt': 'garbage' })],
    ['the intermediate was taken away', aSecret({ ...PAIR, 'tls.crt': leaf.pem })],
    ['leaf and intermediate changed places', aSecret({ ...PAIR, 'tls.crt': intermediate.pem + leaf.pem })],
  ])('is none where %s', (_why, secret) => {
    expect(storedFact(secret, ours, ECDSA)).toBeUndefined()
  })

  test('is none of ours in a Secret of somebody else', () => {
    expect(storedFact(aSecret(), { kind: 'foreign' }, ECDSA)).toBeUndefined()
    expect(storedFact(aSecret(), { kind: 'contested', by: 'older' }, ECDSA)).toBeUndefined()
  })

  test('is not harmed as it was written', () => {
    expect(storedFact(aSecret(), ours, ECDSA)).not.toHaveProperty('harmed')
  })

  test('is not harmed where there is no root and ca.crt is the topmost intermediate', () => {
    const secret = aSecret({
      ...PAIR,
      'ca.crt': bundle.certificate.slice(bundle.certificate.lastIndexOf('-----BEGIN')),
    })
    expect(storedFact(secret, ours, ECDSA)).not.toHaveProperty('harmed')
  })

  test.each<readonly [string, Secret]>([
    ['its label was taken away', aSecret(PAIR, { labels: {} })],
    [
      'its serial number does not fit',
      aSecret(PAIR, { annotations: { [ANNOTATIONS.owner]: 'shop', [ANNOTATIONS.serialNumber]: 'ffff' } }),
    ],
    ['ca.crt is gone', aSecret({ 'tls.key': PAIR['tls.key'], 'tls.crt': PAIR['tls.crt'] })],
    ['ca.crt is of another authority', aSecret({ ...PAIR, 'ca.crt': other.root.pem })],
    ['ca.crt is garbage', aSecret({ ...PAIR, 'ca.crt': 'garbage' })],
  ])('is harmed where %s', (_why, secret) => {
    expect(storedFact(secret, ours, ECDSA)).toMatchObject({ harmed: 'yes' })
  })

  test('is harmed where the Secret does not name its order any more', () => {
    expect(storedFact(aSecret(), { kind: 'ours', unsigned: 'yes' }, ECDSA)).toMatchObject({ harmed: 'yes' })
  })

  test('and the key that is kept are told apart, even where one Secret is asked for both', () => {
    const secret = aSecret({ 'tls.key': PAIR['tls.key'] })
    expect(keyFact(secret, ECDSA).state).toBe('fits')
    expect(storedFact(secret, ours, ECDSA)).toBeUndefined()
    const whole = aSecret()
    expect(storedFact(whole, ours, ECDSA)?.orderId).toBe(12)
    expect(keyFact(whole, ECDSA).state).toBe('fits')
  })
})

describe('whose the target Secret is', () => {
  const older = anOrder(named('older'), { metadata: { creationTimestamp: '2026-11-01T00:00:00Z' } })
  const younger = anOrder(named('younger'), { metadata: { creationTimestamp: '2026-12-01T00:00:00Z' } })
  const twin = anOrder(named('a-twin'))
  const order = anOrder()

  test.each<readonly [string, Secret | undefined, readonly (typeof order)[], ReturnType<typeof targetFact>]>([
    ['is free where there is none', undefined, [order], { kind: 'free' }],
    ['is ours where it names us', aSecret(), [order], { kind: 'ours' }],
    [
      'is ours where it names an order that no longer claims it',
      aSecret(PAIR, { annotations: { [ANNOTATIONS.owner]: 'gone' } }),
      [order],
      { kind: 'ours', unsigned: 'yes' },
    ],
    [
      'is ours where it names nobody and carries our label',
      aSecret(PAIR, { annotations: {} }),
      [order],
      { kind: 'ours', unsigned: 'yes' },
    ],
    [
      'is foreign where it names nobody and carries no label of ours',
      aSecret(PAIR, { annotations: {}, labels: {} }),
      [order],
      { kind: 'foreign' },
    ],
    [
      'is contested by an older order that has it',
      aSecret(PAIR, { annotations: { [ANNOTATIONS.owner]: 'older' } }),
      [order, older],
      { kind: 'contested', by: 'older' },
    ],
    [
      'is kept by the order that has it, though an older one names it since',
      aSecret(),
      [order, older],
      { kind: 'ours' },
    ],
    [
      'is contested by a younger order that has it',
      aSecret(PAIR, { annotations: { [ANNOTATIONS.owner]: 'younger' } }),
      [order, younger],
      { kind: 'contested', by: 'younger' },
    ],
    ['is contested by an older order before it exists', undefined, [older, order], { kind: 'contested', by: 'older' }],
    ['is not contested by a younger order', undefined, [younger, order], { kind: 'free' }],
    [
      'is contested by name among orders of the same second',
      undefined,
      [twin, order],
      { kind: 'contested', by: 'a-twin' },
    ],
    ['is kept, among orders of the same second, by the one that has it', aSecret(), [twin, order], { kind: 'ours' }],
    [
      'is not contested by an order that is going',
      undefined,
      [{ ...older, metadata: { ...older.metadata, deletionTimestamp: '2026-11-24T11:59:00Z' } }, order],
      { kind: 'free' },
    ],
  ])('%s', (_sentence, secret, rivals, wanted) => {
    expect(targetFact(order, secret, rivals)).toEqual(wanted)
  })

  test('is decided the same way by all who claim it', () => {
    const all = [order, older, younger, twin]
    const keepers = all.filter((claimant) => targetFact(claimant, undefined, all).kind === 'free')
    expect(keepers.map(({ metadata }) => metadata.name)).toEqual(['older'])
  })
})

describe('the order in the status', () => {
  test.each([
    ['by what the status says', { adopted: true }, {}, 'yes'],
    ['by spec.adoptOrderId, where an earlier version wrote the status', {}, { adoptOrderId: 12 }, 'yes'],
    ['not where spec.adoptOrderId names the one before it', {}, { adoptOrderId: 11 }, undefined],
    ['not where nothing says so', {}, {}, undefined],
  ])('was taken over %s', (_how, order, spec, adopted) => {
    const status = { order: { id: 12, status: 'issued', purchase: 1, ...order } }
    expect(orderFact(status, aSpec(spec))?.adopted).toBe(adopted)
  })

  test('ends with the last moment of the day that CertCentral named, also in a pass that does not look', () => {
    const order = { id: 12, status: 'issued', purchase: 1, validUntil: '2027-04-23' }
    expect(orderFact({ order }, aSpec())).toEqual({
      orderId: 12,
      status: 'issued',
      purchase: 1,
      requests: [],
      validUntil: new Date('2027-04-23T23:59:59.999Z'),
    })
    expect(orderFact({}, aSpec())).toBeUndefined()
  })
})
