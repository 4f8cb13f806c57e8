import { describe, expect, test } from '@jest/globals'
import { ANNOTATIONS, KEY_SECRET_TYPE } from '../../../src/api/names.ts'
import { CertCentralError } from '../../../src/certcentral/errors.ts'
import { type Chains, createChains, storedChain, withChain, withoutChain } from '../../../src/controller/chains.ts'
import { createNextKey, promoteKey } from '../../../src/controller/keys.ts'
import { createMemory } from '../../../src/controller/memory.ts'
import { NO_PASSWORDS } from '../../../src/controller/outputs.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { type KeptChain, storeCertificate } from '../../../src/controller/store-certificate.ts'
import { KubeError } from '../../../src/kube/client.ts'
import { describe as factsOf, readBundle } from '../../../src/pki/bundle.ts'
import { NOW, aSpec, aStored, anOrder } from '../../support/builders.ts'
import { issueChain } from '../../support/ca.ts'
import { aSession } from '../../support/session.ts'

const NAMES = ['shop.example.com', 'www.shop.example.com']
const issued = await issueChain(NAMES, NOW)
const other = await issueChain(NAMES, NOW)
const pemOf = ({ leaf, intermediate, root }: typeof issued): string => leaf.pem + intermediate.pem + root.pem
const read = readBundle(pemOf(issued), { key: issued.leaf.key, names: NAMES, now: NOW })
if (!read.ok) throw new Error(read.message)
const { sha256Fingerprint } = factsOf(read.bundle.leaf)

const ID = 34
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const order = anOrder({ spec: aSpec({ privateKey: { algorithm: 'ECDSA' } }) })

const keySecret = (data: Record<string, string>, changes: Partial<Secret> = {}): Secret => ({
  type: KEY_SECRET_TYPE,
  metadata: { name: 'shop-key-1', namespace: 'shop', annotations: { [ANNOTATIONS.owner]: 'shop' } },
  data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, base64(text)])),
  ...changes,
})
const CHAIN = { [`chain-${String(ID)}.pem`]: pemOf(issued) }

type Setting = { kept?: KeptChain | undefined; besideKey?: Secret | KubeError | undefined; chains?: Chains }

const memory = createMemory(NOW).of('shop/shop')

/** Stores a certificate; gives how often CertCentral was asked and what was written. */
const stored = async ({ kept, besideKey, chains = createChains() }: Setting) => {
  const seen = { downloads: 0, read: [] as string[], written: 'nothing' }
  const client = {
    downloadCertificate: () => {
      seen.downloads += 1
      return Promise.resolve(pemOf(issued))
    },
  }
  const outcome = await storeCertificate(
    {
      ...{ session: aSession({ client: client as never }), order, orderId: 12, certificateId: ID, names: NAMES, kept },
      ...{ keys: [issued.leaf.key], target: 'free', before: undefined, passwords: NO_PASSWORDS, memory },
    },
    {
      secrets: {
        readLive: (_namespace, name) => {
          seen.read.push(name)
          return besideKey instanceof KubeError ? Promise.reject(besideKey) : Promise.resolve(besideKey)
        },
        applyTarget: (_order, { bundle }) => {
          seen.written = bundle.certificate
          return Promise.resolve({ metadata: { name: 'shop-tls' } })
        },
      },
      chains,
      now: () => NOW,
    },
  )
  expect([outcome.kind, seen.written]).toEqual(['stored', issued.leaf.pem + issued.intermediate.pem])
  return seen
}

const KEPT: KeptChain = { keySecrets: ['shop-key-1'], sha256Fingerprint }

describe('a certificate that is stored', () => {
  test('for the first time is downloaded, read nowhere else, and its chain takes no memory', async () => {
    const chains = createChains()
    expect(await stored({ chains, besideKey: keySecret(CHAIN) })).toMatchObject({ downloads: 1, read: [] })
    expect(chains.of(memory, ID)).toBeUndefined()
  })

  test('again is downloaded once, and comes from memory after that', async () => {
    const chains = createChains()
    expect(await stored({ chains, kept: KEPT })).toMatchObject({ downloads: 1 })
    expect(await stored({ chains, kept: KEPT })).toMatchObject({ downloads: 0, read: [] })
  })

  test('again comes from beside its key after a restart, without a download', async () => {
    expect(await stored({ kept: KEPT, besideKey: keySecret(CHAIN) })).toMatchObject({
      downloads: 0,
      read: ['shop-key-1'],
    })
  })

  test.each<readonly [string, Setting]>([
    ['beside the key is none', { besideKey: keySecret({ 'tls.key': 'k' }) }],
    ['the key Secret is gone', { besideKey: undefined }],
    ['the API server does not answer', { besideKey: new KubeError('unavailable', 'away') }],
    ['the Secret is of another type', { besideKey: keySecret(CHAIN, { type: 'Opaque' }) }],
    [
      'the Secret is that of another order',
      {
        besideKey: keySecret(CHAIN, { metadata: { name: 'shop-key-1', annotations: { [ANNOTATIONS.owner]: 'blog' } } }),
      },
    ],
    ['the chain is that of another certificate', { besideKey: keySecret({ 'chain-35.pem': pemOf(issued) }) }],
    ['the chain does not fit the key', { besideKey: keySecret({ 'chain-34.pem': pemOf(other) }) }],
    ['the chain is damaged', { besideKey: keySecret({ 'chain-34.pem': 'nothing' }) }],
    [
      'the leaf is another than the status knows',
      { besideKey: keySecret(CHAIN), kept: { ...KEPT, sha256Fingerprint: '00' } },
    ],
    ['the status knows none', { besideKey: keySecret(CHAIN), kept: { ...KEPT, sha256Fingerprint: undefined } }],
  ])('again is downloaded where %s', async (_what, setting) => {
    expect(await stored({ kept: KEPT, ...setting })).toMatchObject({ downloads: 1 })
  })
})

describe('a download that came to nothing', () => {
  const unreadable = new CertCentralError({
    outcome: 'refused',
    kind: 'unreadable',
    status: 200,
    message: 'Download certificate: CertCentral answered 200, but without whole certificates',
  })
  const gone = new CertCentralError({ outcome: 'refused', kind: 'not-found', status: 404, message: 'no such page' })
  const away = new CertCentralError({ outcome: 'unsent', kind: 'unavailable', message: 'away' })

  const asChain = async (download: () => Promise<string>, chain = () => Promise.resolve(pemOf(issued))) => {
    const client = { downloadCertificate: download, certificateChain: chain }
    const outcome = storeCertificate(
      {
        ...{ session: aSession({ client: client as never }), order, orderId: 12, certificateId: ID, names: NAMES },
        ...{ keys: [issued.leaf.key], target: 'free', before: undefined, passwords: NO_PASSWORDS, memory },
        kept: undefined,
      },
      {
        secrets: {
          readLive: () => Promise.resolve(undefined),
          applyTarget: () => Promise.resolve({ metadata: { name: 'shop-tls' } }),
        },
        chains: createChains(),
        now: () => NOW,
      },
    )
    return outcome
  }

  test.each<readonly [string, () => Promise<string>]>([
    ['is asked for as a chain where the download cannot be read', () => Promise.reject(unreadable)],
    ['is asked for as a chain where there is no such download', () => Promise.reject(gone)],
    ['is asked for as a chain where the download is no PEM', () => Promise.resolve('<html>')],
    ['is asked for as a chain where the download has the leaf alone', () => Promise.resolve(issued.leaf.pem)],
  ])('%s', async (_sentence, download) => {
    expect(await asChain(download)).toMatchObject({ kind: 'stored' })
  })

  test('is what counts where the chain is no better', async () => {
    const none = () => Promise.reject(gone)
    expect(await asChain(() => Promise.resolve('<html>'), none)).toMatchObject({ kind: 'refused', code: 'not-pem' })
  })

  test('is tried again later where CertCentral does not answer', async () => {
    await expect(asChain(() => Promise.reject(away))).rejects.toBe(away)
  })
})

test('chains of no more than 256 orders are held, those that were repaired last', () => {
  const [chains, memories] = [createChains(), createMemory(NOW)]
  const orders = Array.from({ length: 300 }, (_, at) => memories.of(`shop/order-${String(at)}`))
  for (const one of orders) chains.keep(one, { certificateId: ID, pem: 'a chain' })
  expect(orders.map((one) => chains.of(one, ID)).flatMap((pem, at) => (pem === undefined ? [] : [at]))).toEqual(
    Array.from({ length: 256 }, (_, at) => at + 44),
  )
})

describe('beside a key', () => {
  const target: Secret = {
    metadata: { name: 'shop-tls' },
    data: { 'tls.crt': base64(read.bundle.certificate), 'ca.crt': base64(read.bundle.ca) },
  }
  const facts = { ...aStored().facts, id: ID }

  /** What a change makes of the data of a key Secret. */
  const changed = async (
    change: (store: Parameters<typeof promoteKey>[0]) => Promise<unknown>,
    before: Record<string, string>,
  ): Promise<Record<string, string>> => {
    const after: Record<string, string>[] = []
    await change({
      change: (_order, _secret, to) => {
        after.push(to(before))
        return Promise.resolve({ kind: 'done' })
      },
    })
    return Object.fromEntries(
      Object.entries(after[0] ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]),
    )
  }

  test('is the chain of the certificate that the Secret holds', () => {
    expect(storedChain(target, { stored: aStored({ facts }) })).toEqual({ certificateId: ID, pem: pemOf(issued) })
  })

  test.each([
    ['is harmed', aStored({ facts, harmed: 'yes' })],
    ['is of no known id', aStored({ facts: { ...facts, id: undefined } })],
    ['is missing', undefined],
  ])('is none where the pair %s', (_what, pair) => {
    expect(storedChain(target, { stored: pair })).toBeUndefined()
  })

  test('it comes with the next key, and gives way to that of the next certificate', async () => {
    const chain = { certificateId: ID, pem: 'the present chain' }
    const before = keySecret({ 'tls.key': 'old', 'chain-33.pem': 'the chain before' })
    const withNext = await changed((store) => createNextKey(store, order, before, { chain }), before.data!)
    expect(Object.keys(withNext).toSorted()).toEqual(['chain-34.pem', 'next.key', 'tls.key'])
    const promoted = await changed(
      (store) => promoteKey(store, order, before, { certificateId: 35, pem: 'the next chain' }),
      {
        ...withChain(before.data!, chain),
        'next.key': base64('new'),
      },
    )
    expect(promoted).toEqual({ 'tls.key': 'new', 'chain-35.pem': 'the next chain' })
  })

  test('it goes with a change where the present one is not at hand: an old one helps nobody', async () => {
    const before = keySecret({ 'tls.key': 'old', 'next.key': 'new', 'chain-33.pem': 'the chain before' })
    expect(await changed((store) => promoteKey(store, order, before), before.data!)).toEqual({ 'tls.key': 'new' })
  })

  test('it is left out of caches', () => {
    expect(withoutChain(keySecret({ 'tls.key': 'k', ...CHAIN })).data).toEqual({ 'tls.key': base64('k') })
    const bare = keySecret({ 'tls.key': 'k' })
    expect(withoutChain(bare)).toBe(bare)
  })
})
