import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { isWrite } from '../../support/api-traffic.ts'
import type { SecretContent } from '../../support/cluster.ts'
import { beginJourney, type Journey, kstatusOf, orderIdOf, orderNamed, statusFaults } from '../../support/journey.ts'

const READY_WITHIN = 5000

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true }, operator: { 'poll-interval': undefined } })
  // The account is looked at once; what it costs is not the order's.
  await journey.cluster.apply({ ...orderNamed('first') }, journey.namespace)
  await journey.ready('first')
})
afterAll(() => journey.close())

describe('an order that CertCentral issues at once, with the default flags', () => {
  test('is Ready within 5 s of kubectl apply, for two calls and at most seven writes', async () => {
    await journey.certCentral.resetCalls()
    const before = journey.traffic.calls().length
    const began = performance.now()
    await journey.apply(orderNamed('quick'))
    const order = await journey.ready('quick')
    const tookMs = performance.now() - began

    expect(tookMs).toBeLessThan(READY_WITHIN)
    const { last } = await journey.certCentral.calls()
    expect(last.filter(({ path }) => !path.includes('status-changes')).map(({ method }) => method)).toEqual([
      'GET',
      'POST',
    ])
    const writes = journey.traffic.calls().slice(before).filter(isWrite)
    expect(writes.length).toBeLessThanOrEqual(7)
    expect([kstatusOf(order), statusFaults(order)]).toEqual(['Current', []])
    expect(order.status?.revision).toBe(1)
    expect(order.status?.history).toEqual([expect.objectContaining({ what: 'Ordered', orderId: orderIdOf(order) })])
    expect(order.status?.intent).toBeUndefined()
  })

  test('writes a Secret that says what it holds and whose it is', async () => {
    await journey.apply(orderNamed('told', { dnsNames: ['www.told.example.com'] }))
    const order = await journey.ready('told')
    const secret = await journey.secretOf('told')
    const certificates = certificatesIn(secret, 'tls.crt')
    const [root] = certificatesIn(secret, 'ca.crt')
    const prefix = 'digicert-operator.io'

    expect(secret.type).toBe('kubernetes.io/tls')
    expect(Object.keys(secret.data).toSorted()).toEqual(['ca.crt', 'tls.crt', 'tls.key'])
    expect(secret.metadata.labels).toEqual({ [`${prefix}/managed`]: 'true' })
    expect(secret.metadata.annotations).toEqual({
      [`${prefix}/order`]: 'told',
      // Without --cluster-id, the UID of the namespace kube-system.
      [`${prefix}/cluster-id`]: expect.stringMatching(/^[0-9a-f-]{36}$/),
      [`${prefix}/order-id`]: String(orderIdOf(order)),
      [`${prefix}/certificate-id`]: String(order.status?.certificate?.id),
      [`${prefix}/serial-number`]: order.status?.certificate?.serialNumber,
      [`${prefix}/not-after`]: order.status?.certificate?.notAfter,
    })
    expect(certificates.filter((certificate) => certificate.checkIssued(certificate))).toEqual([])
    expect(root?.checkIssued(root)).toBe(true)
    expect(certificates.at(-1)?.checkIssued(root!)).toBe(true)
    expect(order.status?.certificate).toMatchObject({
      dnsNames: ['told.example.com', 'www.told.example.com'],
      serialNumber: certificates[0]?.serialNumber.toLowerCase(),
    })
  })

  test.each([
    ['RSA', 'PKCS8', 'BEGIN PRIVATE KEY'],
    ['RSA', 'PKCS1', 'BEGIN RSA PRIVATE KEY'],
    ['ECDSA', 'PKCS8', 'BEGIN PRIVATE KEY'],
    ['ECDSA', 'PKCS1', 'BEGIN EC PRIVATE KEY'],
  ])('serves TLS with a key of %s in %s', async (algorithm, encoding, header) => {
    const name = `${algorithm}-${encoding}`.toLowerCase()
    await journey.apply(orderNamed(name, { privateKey: { algorithm, encoding } }))
    await journey.ready(name)
    const secret = await journey.secretOf(name)

    expect(text(secret, 'tls.key')).toContain(header)
    expect(createPrivateKey(text(secret, 'tls.key')).asymmetricKeyType).toBe(algorithm === 'RSA' ? 'rsa' : 'ec')
    const seen = await served(secret, `${name}.example.com`)
    expect(seen).toEqual({ node: 'authorized', openssl: 'Verify return code: 0 (ok)' })
  })

  test('serves nothing that a client takes for another name', async () => {
    await journey.apply(orderNamed('mine'))
    await journey.ready('mine')

    const seen = await served(await journey.secretOf('mine'), 'yours.example.com')

    expect(seen.node).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(seen.openssl).not.toContain('0 (ok)')
  })
})

const text = (secret: SecretContent, key: string): string => secret.data[key]?.toString('utf8') ?? ''

const certificatesIn = (secret: SecretContent, key: string): X509Certificate[] =>
  (text(secret, key).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  )

/** Serves the pair on a free port, and says what two clients that trust `ca.crt` alone make of it. */
async function served(secret: SecretContent, name: string): Promise<{ node: string; openssl: string }> {
  const server = createServer({ key: text(secret, 'tls.key'), cert: text(secret, 'tls.crt') })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const directory = mkdtempSync(join(tmpdir(), 'served-'))
  try {
    const caFile = join(directory, 'ca.crt')
    writeFileSync(caFile, text(secret, 'ca.crt'))
    return { node: await askNode(port, name, text(secret, 'ca.crt')), openssl: await askOpenssl(port, name, caFile) }
  } finally {
    server.close()
    rmSync(directory, { recursive: true })
  }
}

const askNode = (port: number, servername: string, ca: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername, ca }, () => {
      resolve(socket.authorized ? 'authorized' : String(socket.authorizationError))
      socket.end()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })

const askOpenssl = (port: number, name: string, caFile: string): Promise<string> =>
  new Promise((resolve) => {
    const args = ['-connect', `127.0.0.1:${port}`, '-servername', name, '-verify_hostname', name, '-CAfile', caFile]
    const child = execFile('openssl', ['s_client', ...args], (_, stdout) =>
      resolve(/Verify return code: .*/.exec(stdout)?.[0] ?? stdout),
    )
    child.stdin?.end()
  })
