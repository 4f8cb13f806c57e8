import type { KubeObject } from '../../src/kube/client.ts'
import { exportKey, generateKey } from '../../src/pki/keys.ts'
import { abreast } from './abreast.ts'
import { ORDERS, type Stand, nameOf, submit } from './stand.ts'

const SECRETS = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' }

/** The workers of the operator, by default. */
const WORKERS = 16
/** Bytes of a leaf and its intermediate in PEM, in base64, as they stand in a Secret of the simulator. */
const CHAIN = Buffer.alloc(3000, 'c').toString('base64')

/**
 * How many certificates a second the same client makes with the same writes, the same keys and no logic: for each order
 * a key, a Secret for it, three statuses, and the Secret of the certificate.
 */
export async function floor(stand: Stand, prefix: string, algorithm: 'ECDSA' | 'RSA', count: number): Promise<number> {
  const { client, namespace } = stand
  // No operator runs that would work on them.
  await abreast(count, 25, (index) => submit(stand, prefix, index))
  const began = performance.now()
  await abreast(count, WORKERS, async (index) => {
    const name = nameOf(prefix, index)
    const key = Buffer.from(exportKey(await generateKey({ algorithm }), 'PKCS8')).toString('base64')
    const secret = (suffix: string, data: object): KubeObject & { data: object } => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-${suffix}`, namespace },
      data,
    })
    await client.create(SECRETS, secret('key-1', { 'tls.key': key }))
    let order = await client.get<KubeObject>(ORDERS, { namespace, name })
    for (let write = 1; write <= 3; write++) {
      const status = { observedGeneration: 1, revision: write }
      order = await client.replace(ORDERS, { ...order!, status } as KubeObject, { subresource: 'status' })
    }
    const pair = { 'tls.crt': CHAIN, 'tls.key': key, 'ca.crt': CHAIN }
    await client.apply(SECRETS, secret('tls', pair), { fieldManager: 'floor', force: 'force' })
  })
  const perSecond = count / ((performance.now() - began) / 1000)
  return perSecond
}
