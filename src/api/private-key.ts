import { z } from 'zod'
import { type CrossFieldRule, objectName, validations } from './shapes.ts'
import { wire } from './wire.ts'

type Key = { algorithm: string; size?: number | undefined; encoding: string }

export const KEY_RULES: readonly CrossFieldRule<Key>[] = [
  {
    rule: "!has(self.size) || (self.algorithm == 'RSA' ? self.size in [2048, 3072, 4096] : self.size in [256, 384])",
    message: 'privateKey.size must be 2048, 3072 or 4096 for RSA, and 256 or 384 for ECDSA',
    holds: ({ algorithm, size }) =>
      size === undefined || (algorithm === 'RSA' ? [2048, 3072, 4096] : [256, 384]).includes(size),
  },
]

export const privateKey = z
  .object({
    algorithm: z.enum(['RSA', 'ECDSA']).default('RSA').meta({ description: 'RSA or ECDSA.' }),
    size: z
      .int()
      .optional()
      .meta({ description: 'RSA: 2048 (default), 3072 or 4096 bits. ECDSA: 256 (default, P-256) or 384 (P-384).' }),
    encoding: z
      .enum(['PKCS8', 'PKCS1'])
      .default('PKCS8')
      .meta({ description: 'How tls.key is written. PKCS1 of an ECDSA key is its SEC 1 form.' }),
    rotationPolicy: z
      .enum(['Always', 'Never'])
      .default('Always')
      .meta({ description: 'Whether a reissue makes a new key (Always) or keeps the present one (Never).' }),
  })
  .meta({
    description: 'The private key that the operator makes. It has no effect where csrSecretRef is set.',
    ...wire('certificate.csr'),
    ...validations(KEY_RULES),
  })

export const csrSecretRef = z
  .object({
    name: objectName('Name of the Secret, in this namespace.'),
    key: z.string().min(1).max(253).default('tls.csr').meta({ description: 'Key in its data; holds PEM.' }),
  })
  .meta({
    description:
      'A certificate signing request made elsewhere, such as in an HSM. The operator then makes no key: the Secret is of type Opaque and has tls.crt and ca.crt.',
    ...wire('certificate.csr'),
  })
