import { createPrivateKey, X509Certificate } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { account } from './account.ts'
import { dvOrder, dvPath, makeRequest, ovOrder, ovPath } from './bodies.ts'

const { api, control } = account({ settings: { instant: true } })

const blocks = (pem: string) => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
const read = (pem: string) => blocks(pem).map((block) => new X509Certificate(block))

describe('an issued certificate', () => {
  test.each(['rsa:2048', 'ec'] as const)(
    'for a %s key has our key, all names, and a chain that verifies',
    async (kind) => {
      const { key, csr } = makeRequest(kind)
      const order = ovOrder({}, { csr, common_name: '*.example.com', dns_names: ['example.com', '*.example.com'] })
      const { body } = await api('POST', ovPath, order)
      const { text: pem } = await api('GET', `/certificate/${body.certificate_id}/download/format/pem_all`)
      const [leaf, intermediate, root] = read(pem)
      expect(leaf?.checkPrivateKey(createPrivateKey(key))).toBe(true)
      expect(leaf?.subjectAltName).toBe('DNS:*.example.com, DNS:example.com')
      expect(leaf?.ca).toBe(false)
      expect(leaf?.checkIssued(intermediate!) && leaf.verify(intermediate!.publicKey)).toBe(true)
      expect(intermediate?.checkIssued(root!) && intermediate.verify(root!.publicKey)).toBe(true)
    },
  )

  test('is accepted by openssl under its strict rules', async () => {
    const { body } = await api('POST', dvPath, dvOrder())
    const { text: pem } = await api('GET', `/certificate/download/order/${body.id}/format/pem_all`)
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
    const names = ['leaf', 'intermediate', 'root'].map((name) => join(folder, name))
    blocks(pem).forEach((block, index) => writeFileSync(names[index]!, block))
    const [leaf, intermediate, root] = names as [string, string, string]
    const options = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'shop.example.com']
    const args = ['verify', ...options, '-CAfile', root, '-untrusted', intermediate, leaf]
    expect(execFileSync('openssl', args).toString()).toContain('OK')
    rmSync(folder, { recursive: true })
  })

  test.each([
    ['pem_all', 3],
    ['pem_noroot', 2],
    ['pem_nointermediate', 1],
  ])('comes in the format %s as %d certificates, leaf first', async (format, count) => {
    const { body } = await api('POST', dvPath, dvOrder())
    const answer = await api('GET', `/certificate/${body.certificate_id}/download/format/${format}`)
    expect(answer.headers.get('content-type')).toBe('application/x-pem-file')
    const certificates = read(answer.text)
    expect(certificates).toHaveLength(count)
    expect(certificates[0]?.subject).toContain('CN=shop.example.com')
  })

  test('comes as PKCS#7 that openssl reads', async () => {
    const { body } = await api('POST', dvPath, dvOrder())
    const { text: p7b } = await api('GET', `/certificate/${body.certificate_id}/download/format/p7b`)
    const text = execFileSync('openssl', ['pkcs7', '-print_certs', '-noout'], { input: p7b }).toString()
    expect(text.match(/subject=/g)).toHaveLength(3)
  })

  test('comes as a chain that is called intermediates and starts with the leaf', async () => {
    const { body } = await api('POST', dvPath, dvOrder())
    const chain = await api('GET', `/certificate/${body.certificate_id}/chain`)
    expect(chain.body.intermediates[0]!.subject_common_name).toBe('shop.example.com')
    expect(chain.body.intermediates).toHaveLength(3)
  })

  test('is found by serial number and thumbprint', async () => {
    const { body } = await api('POST', dvPath, dvOrder())
    const { certificate } = (await api('GET', `/order/certificate/${body.id}`)).body
    for (const name of [certificate.serial_number, certificate.thumbprint])
      expect((await api('GET', `/order/certificate/${name}`)).body.id).toBe(body.id)
  })

  test('cannot be fetched before it is issued, nor in an unknown format', async () => {
    await control('PUT', '/settings', { instant: false })
    const { body } = await api('POST', dvPath, dvOrder())
    expect((await api('GET', `/certificate/${body.certificate_id}/download/format/pem_all`)).status).toBe(404)
    expect((await api('GET', `/certificate/download/order/${body.id}/format/pem_all`)).status).toBe(404)
    expect((await api('GET', `/certificate/${body.certificate_id}/download/format/doc`)).status).toBe(400)
  })
})
