import type { KubeObject } from '../../src/kube/client.ts'
import { exportKey, generateKey } from '../../src/pki/keys.ts'
import { abreast } from './abreast.ts'
import { ORDERS, type Stand, nameOf, submit } from './stand.ts'

const SECRETS = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' }

/** The workers of the operator, by default. */
const WORKERS = 16
/** Bytes of a leaf and its intermediate in PEM, and of their root, in base64, as they stand in a Secret of the simulator. */
const [CHAIN, ROOT] = [2140, 952].map((length) => Buffer.alloc((length * 3) / 4, 'c').toString('base64'))

const NOW = new Date().toISOString().slice(0, 19) + 'Z'
const condition = (type: string, status: string, message: string) => ({
  ...{ type, status, message, reason: 'Issued', observedGeneration: 1, lastTransitionTime: NOW },
})

/** The three statuses of an order, of the length that they have: intent, sent, issued. */
const statusesOf = (name: string): readonly object[] => {
  const alternativeOrderId = 'dcoe4ffc7596c55165a16c8a8277b029c172d5c4e76a2653a33n1'
  const hash = '5fa1faabb0135dd024976e4668c1cecb'
  const told = `Secret ${name}-tls holds the certificate of order 7969121, good until 2027-06-14`
  const dnsNames = [`${name}.example.com`]
  const intent = {
    ...{ purpose: 'Order', purchase: 1, alternativeOrderId, keySecretName: `${name}-key-1`, payloadHash: hash },
    recordedAt: NOW,
  }
  const issued = {
    ...{ observedGeneration: 1, revision: 1, onDeletion: 'Retain: order 7969121 stays as it is; the Secret stays' },
    conditions: [condition('Ready', 'True', told), condition('Issuing', 'False', told)],
    order: {
      ...{ id: 7969121, status: 'issued', purchase: 1, product: 'ssl_dv_geotrust_flex', certificateId: 7969123 },
      ...{ alternativeOrderId, requests: [], asked: { certificateHash: hash, dnsNames } },
    },
    certificate: {
      ...{ id: 7969123, dnsNames, notBefore: NOW, notAfter: NOW, serialNumber: hash },
      issuer: 'C=US, O=Simulated CertCentral, CN=Simulated TLS ECC SHA256 2026 CA1',
      sha1Thumbprint: hash.padEnd(40, '0'),
      sha256Fingerprint: hash.padEnd(64, '0'),
    },
    history: [{ at: NOW, what: 'Ordered', orderId: 7969121, certificateId: 7969123 }],
    next: { action: 'Reissue', at: NOW, why: 'the certificate ends on 2027-06-14' },
  }
  return [{ intent }, { intent: { ...intent, sentAt: NOW, sends: 1 } }, issued]
}

/**
 * How many certificates a second the same client makes with the same writes, the same keys and no logic: for each order,
 * once it is created, a key, a Secret for it, three statuses, and the Secret of the certificate.
 */
export async function floor(stand: Stand, prefix: string, algorithm: 'ECDSA' | 'RSA', count: number): Promise<number> {
  const { client, namespace } = stand
  const began = performance.now()
  await abreast(count, WORKERS, async (index) => {
    const name = nameOf(prefix, index)
    await submit(stand, prefix, index)
    const key = Buffer.from(exportKey(await generateKey({ algorithm }), 'PKCS8')).toString('base64')
    const secret = (suffix: string, data: object, rest: object = {}): KubeObject & { data: object } => ({
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: `${name}-${suffix}`, namespace }, data },
      ...rest,
    })
    await client.create(SECRETS, secret('key-1', { 'tls.key': key }))
    let order = await client.get<KubeObject>(ORDERS, { namespace, name })
    for (const status of statusesOf(name))
      order = await client.replace(ORDERS, { ...order!, status } as KubeObject, { subresource: 'status' })
    const pair = { 'tls.crt': CHAIN, 'tls.key': key, 'ca.crt': ROOT }
    await client.apply(SECRETS, secret('tls', pair, { type: 'kubernetes.io/tls' }), { fieldManager: 'floor' })
  })
  return count / ((performance.now() - began) / 1000)
}
