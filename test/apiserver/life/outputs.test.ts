import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { conditionOf, eventually, orderNamed, reasonOf, sentenceOf } from '../../support/journey.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

const run = promisify(execFile)

const WORD = 'a password of ours'
const PASSWORD = { passwordSecretRef: { name: 'stores' } }
const MORE = {
  secretTemplate: { labels: { team: 'shop' }, annotations: { 'example.com/copy-to': 'edge' } },
  additionalOutputFormats: [{ type: 'CombinedPEM' }, { type: 'DER' }],
  keystores: { pkcs12: PASSWORD, jks: PASSWORD },
}

let machine: TimeMachine
let directory: string
beforeEach(async () => {
  machine = await startTimeMachine()
  directory = await mkdtemp(join(tmpdir(), 'outputs-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
  expect(await machine.faults()).toEqual([])
  await machine.close()
})

const password = (text = WORD) =>
  machine.cluster.apply(
    [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'stores' }, stringData: { password: text } }],
    machine.namespace,
  )

const secret = async () => {
  const found = await machine.cluster.secret(machine.namespace, 'shop-tls')
  if (!found) throw new Error('there is no Secret')
  return found
}

const edited = (spec: object) =>
  machine.cluster.patch({ kind: 'DigiCertOrder', name: 'shop', namespace: machine.namespace }, { spec })

/** In days. Within it, what people write into a Secret is noticed. */
const MINUTE = 1 / 1440

const fileOf = async (entry: string): Promise<string> => {
  const path = join(directory, entry)
  await writeFile(path, (await secret()).data[entry] ?? '')
  return path
}

/** SHA-256 fingerprints of the certificate in each file of the Secret, told by the programs that read them. */
const fingerprints = async (word = WORD): Promise<Record<string, string>> => {
  const pem = async (command: string, ...args: string[]) => new X509Certificate((await run(command, args)).stdout)
  const inStore = async (entry: string) =>
    pem('keytool', '-exportcert', '-rfc', '-alias', 'certificate', '-keystore', await fileOf(entry), '-storepass', word)
  const p12 = ['pkcs12', '-in', await fileOf('keystore.p12'), '-passin', `pass:${word}`, '-clcerts', '-nokeys']
  const told = {
    'tls.crt': await pem('openssl', 'x509', '-in', await fileOf('tls.crt')),
    'tls-combined.pem': await pem('openssl', 'x509', '-in', await fileOf('tls-combined.pem')),
    'keystore.p12 (openssl)': await pem('openssl', ...p12),
    'keystore.p12': await inStore('keystore.p12'),
    'keystore.jks': await inStore('keystore.jks'),
  }
  return Object.fromEntries(Object.entries(told).map(([entry, { fingerprint256 }]) => [entry, fingerprint256]))
}

const publicKeyOf = async (...args: string[]): Promise<string> =>
  (await run('openssl', ['pkey', '-pubout', ...args])).stdout

const areOfOneCertificate = async (word = WORD): Promise<string> => {
  const all = [...new Set(Object.values(await fingerprints(word)))]
  expect(all).toHaveLength(1)
  const keys = [
    await publicKeyOf('-in', await fileOf('tls.key')),
    await publicKeyOf('-inform', 'DER', '-in', await fileOf('key.der')),
    await publicKeyOf('-in', await fileOf('tls-combined.pem')),
  ]
  expect(new Set(keys).size).toBe(1)
  return all[0] ?? ''
}

/** The day of a reissue is known once CertCentral has told where the plan ends. */
const toItsReissue = async () => {
  await machine.travel(1.01)
  const isPlanned = ({ status }: DigiCertOrder) => status?.order?.validUntil !== undefined && status.next !== undefined
  const { status } = await machine.until('shop', 'the end of its plan', isPlanned)
  await machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
}

const paid = () => machine.certCentral.paid()
const downloads = async () =>
  (await machine.certCentral.calls()).last.filter(({ path }) => path.includes('/download/')).length

describe('what else the Secret holds', () => {
  test('is read by openssl and keytool, and follows each certificate', async () => {
    await password()
    await machine.apply(orderNamed('shop', MORE))
    await machine.settled('shop')
    const first = await areOfOneCertificate()
    expect((await secret()).metadata).toMatchObject({
      labels: { team: 'shop' },
      annotations: { 'example.com/copy-to': 'edge' },
    })

    await toItsReissue()
    await machine.until('shop', 'its reissue', (seen) => seen.status?.revision === 2)
    await machine.settled('shop')

    expect(await areOfOneCertificate()).not.toBe(first)
    expect(await paid()).toHaveLength(1)
  })

  test('follows the spec and the password, and what others did to it is undone, without a word to CertCentral', async () => {
    await password()
    await machine.apply(orderNamed('shop'))
    await machine.settled('shop')
    const [bought, fetched] = [await paid(), await downloads()]
    const bare = await secret()

    await edited(MORE)
    await eventually('its keystore', async () => (await secret()).data['keystore.p12'])
    const one = await areOfOneCertificate()
    expect((await secret()).data['tls.crt']).toEqual(bare.data['tls.crt'])

    await machine.cluster.patch(
      { kind: 'Secret', name: 'shop-tls', namespace: machine.namespace },
      { metadata: { labels: { team: 'blog' } }, data: { 'keystore.jks': 'AAAA', 'key.der': null } },
    )
    await eventually('its label', async () => (await secret()).metadata.labels?.['team'] === 'shop')
    expect(await areOfOneCertificate()).toBe(one)

    const before = (await secret()).data['keystore.p12']
    await password('another one')
    await machine.travel(MINUTE)
    await eventually('another keystore', async () => !before?.equals((await secret()).data['keystore.p12'] ?? before))
    expect(await areOfOneCertificate('another one')).toBe(one)

    await edited({ secretTemplate: null, additionalOutputFormats: null, keystores: null })
    await eventually('all of it to be gone', async () => Object.keys((await secret()).data).length === 3)
    expect((await secret()).data).toEqual(bare.data)
    expect((await secret()).metadata.labels).toEqual(bare.metadata.labels)
    expect([await paid(), await downloads()]).toEqual([bought, fetched])
  })

  test('holds up a first order while its password is missing, and no certificate after that', async () => {
    await machine.apply(orderNamed('shop', MORE))
    const waiting = await machine.until('shop', 'the reason', (seen) => reasonOf(seen) === 'KeystorePasswordMissing')
    expect(sentenceOf(waiting)).toContain('Secret stores, entry password, does not exist; create it')
    expect(await paid()).toEqual([])

    await password()
    await machine.travel(MINUTE)
    await machine.settled('shop')
    const first = await areOfOneCertificate()

    await machine.cluster.remove({ kind: 'Secret', name: 'stores', namespace: machine.namespace })
    await toItsReissue()
    const reissued = await machine.until('shop', 'its reissue without a password', (seen) => {
      return seen.status?.revision === 2 && reasonOf(seen) === 'KeystorePasswordMissing'
    })
    expect(conditionOf(reissued, 'Ready')?.status).toBe('True')
    const told = await fingerprints()
    expect([told['keystore.p12'], told['keystore.jks']]).toEqual([first, first])
    expect(told['tls.crt']).not.toBe(first)

    await password()
    await machine.travel(MINUTE)
    await machine.until('shop', 'the end of it', (seen) => reasonOf(seen) === 'Issued')
    expect(await areOfOneCertificate()).toBe(told['tls.crt'])
  })
})
