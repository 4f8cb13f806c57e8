import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import forge from 'node-forge'
import { generateKeyPairSync } from 'node:crypto'
import type { Server } from 'node:https'
import { createServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import type { Seen } from './fake-server.ts'
import { answering, clientOf, closeServer, errorOf, listen, place, portOf, replay } from './fake-server.ts'

const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  return {
    pem: privateKey,
    private: forge.pki.privateKeyFromPem(privateKey),
    public: forge.pki.publicKeyFromPem(publicKey),
  }
}
type Key = ReturnType<typeof newKey>
type Wanted = { subject: string; issuer: string; key: Key; signer: Key; extensions: object[] }

const certificate = ({ subject, issuer, key, signer, extensions }: Wanted): string => {
  const made = forge.pki.createCertificate()
  made.publicKey = key.public
  made.serialNumber = '01'
  made.validity.notBefore = new Date(Date.now() - 3_600_000)
  made.validity.notAfter = new Date(Date.now() + 3_600_000)
  made.setSubject([{ name: 'commonName', value: subject }])
  made.setIssuer([{ name: 'commonName', value: issuer }])
  made.setExtensions(extensions)
  made.sign(signer.private, forge.md.sha256.create())
  return forge.pki.certificateToPem(made)
}

const authority = newKey()
const caBundle = certificate({
  subject: 'A test root',
  issuer: 'A test root',
  key: authority,
  signer: authority,
  extensions: [{ name: 'basicConstraints', cA: true }],
})
const leafKey = newKey()
const leafFor = (ip: string): string =>
  certificate({
    subject: 'leaf',
    issuer: 'A test root',
    key: leafKey,
    signer: authority,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip }] }],
  })

const seen: Seen[] = []
let right: Server
let wrong: Server

const serve = async (ip: string): Promise<Server> => {
  const handler = answering([replay('placed/dv-instant')], seen)
  const server = createServer({ key: leafKey.pem, cert: leafFor(ip) }, handler)
  await listen(server)
  return server
}
const urlOf = (server: Server): { url: string } => ({ url: `https://127.0.0.1:${portOf(server)}/services/v2` })

beforeAll(async () => {
  right = await serve('127.0.0.1')
  wrong = await serve('127.0.0.2')
})
afterAll(async () => {
  await closeServer(right)
  await closeServer(wrong)
})

describe('over TLS', () => {
  test('an order reaches a server whose root is in the bundle', async () => {
    const client = clientOf(urlOf(right), { caBundle })
    seen.length = 0
    expect(await place(client)).toMatchObject({ orderId: 144457163 })
    expect(seen).toHaveLength(1)
    client.close()
  })

  test('a bundle without the root of the server does not help', async () => {
    const other = newKey()
    const unrelated = certificate({ subject: 'Other', issuer: 'Other', key: other, signer: other, extensions: [] })
    const client = clientOf(urlOf(right), { caBundle: unrelated })
    expect(await errorOf(place(client))).toMatchObject({ outcome: 'unsent', kind: 'unreachable' })
    client.close()
  })

  test.each<[string, () => Server, { caBundle?: string }, string]>([
    ['of an unknown root', () => right, {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['for another address', () => wrong, { caBundle }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('a certificate %s means that the order was never sent', async (_, server, trust, code) => {
    seen.length = 0
    const client = clientOf(urlOf(server()), trust)
    const error = await errorOf(place(client))
    expect(error).toMatchObject({ outcome: 'unsent', kind: 'unreachable' })
    expect(error.message).toContain(code)
    expect(seen).toEqual([])
    client.close()
  })

  test('a reset before the handshake ended means that the order was never sent', async () => {
    const server = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const client = clientOf({ url: `https://127.0.0.1:${portOf(server as unknown as Server)}` }, { caBundle })
    const error = await errorOf(place(client))
    await new Promise<void>((resolve) => server.close(() => resolve()))
    expect(error).toMatchObject({ outcome: 'unsent', kind: 'unreachable' })
  })
})
