import { createCsr } from '../../src/pki/csr.ts'
import { generateKey, publicFingerprint } from '../../src/pki/keys.ts'

/** One key of the pool: a request and a fingerprint that are real, and a private key that nobody looks into. */
export type PoolKey = { readonly csr: string; readonly fingerprint: string }

const KEYS = 24

const made = await Promise.all(
  Array.from({ length: KEYS }, async () => {
    const key = await generateKey({ algorithm: 'ECDSA' })
    return { key, csr: await createCsr(key, ['shop.example.com']), fingerprint: publicFingerprint(key) }
  }),
)

/** The private key of whatever key: it is handed on and never used, as each key comes with its request. */
export const ANY_PRIVATE_KEY = made[0]!.key

/** The key of that number; keys are made once, as a play needs dozens and a million years millions. */
export const keyOf = (number: number): PoolKey => made[number % KEYS]!
