import { z } from 'zod'
import { conditions } from './shapes.ts'

const date = (description: string) => z.string().max(64).optional().meta({ description })
const text = (description: string) => z.string().max(4096).optional().meta({ description })

const orderRequest = z.object({ id: z.int(), type: text('new_request, reissue, …'), status: z.string().max(64) })

const validationEntry = z.object({
  dnsName: z.string().max(253),
  method: text('How control is proven.'),
  status: z.string().max(64),
  record: z
    .object({ type: z.string().max(16), name: z.string().max(512), value: z.string().max(1024) })
    .optional()
    .meta({ description: 'DNS record to publish.' }),
  file: z
    .object({ url: z.string().max(1024), content: z.string().max(1024) })
    .optional()
    .meta({ description: 'File to serve.' }),
  checkedAt: date('When CertCentral was last asked to check.'),
  expiresAt: date('When the value to publish ends.'),
})

const intent = z
  .object({
    purpose: z.enum(['Order', 'Reissue', 'Renewal']),
    purchase: z.int().min(1),
    alternativeOrderId: z.string().max(64),
    keySecretName: z.string().max(253),
    payloadHash: z.string().max(64),
    recordedAt: z.string().max(64),
    sentAt: date('When the order was sent; absent while it was not.'),
    sends: z.int().min(0).optional().meta({ description: 'How often it was sent.' }),
  })
  .meta({ description: 'What is about to be bought, written down before it is bought.' })

export const orderStatus = z
  .object({
    observedGeneration: z.int().min(0).optional(),
    conditions,
    order: z
      .object({
        id: z.int(),
        status: z.string().max(64).meta({ description: 'The word that CertCentral uses.' }),
        product: text('Product id.'),
        alternativeOrderId: text('The id that the operator gave the order.'),
        purchase: z.int().min(1),
        certificateId: z.int().optional().meta({ description: 'The newest certificate of the order.' }),
        validFrom: date('First day of the plan.'),
        validUntil: date('Last day of the plan.'),
        requests: z.array(orderRequest).max(64).optional().meta({ 'x-kubernetes-list-type': 'atomic' }),
      })
      .optional()
      .meta({ description: 'The order at CertCentral.' }),
    certificate: z
      .object({
        id: z.int().optional(),
        serialNumber: z.string().max(64),
        sha1Thumbprint: z.string().max(64),
        sha256Fingerprint: z.string().max(128),
        notBefore: z.string().max(64),
        notAfter: z.string().max(64),
        dnsNames: z.array(z.string().max(253)).max(300),
        issuer: z.string().max(1024),
      })
      .optional()
      .meta({ description: 'The certificate in the Secret.' }),
    validation: z.array(validationEntry).max(300).optional().meta({ 'x-kubernetes-list-type': 'atomic' }),
    validationSince: date('When the validation in status.validation was first asked for.'),
    intent: intent.optional(),
    next: z
      .object({ action: z.enum(['Reissue', 'Renew', 'Look']), at: z.string().max(64), why: z.string().max(1024) })
      .optional()
      .meta({ description: 'What happens next by itself.' }),
    revision: z.int().min(0).optional().meta({ description: 'How many certificates were stored.' }),
    failures: z
      .object({
        reason: text('Reason it is about.'),
        count: z.int(),
        lastAt: z.string().max(64),
        code: z.string().max(256),
        message: z.string().max(4096),
      })
      .optional()
      .meta({ description: 'What went wrong last, until it goes right.' }),
    history: z
      .array(
        z.object({
          at: z.string().max(64),
          what: z.enum(['Ordered', 'Reissued', 'Renewed', 'Adopted']),
          orderId: z.int(),
          certificateId: z.int().optional(),
        }),
      )
      .max(10)
      .optional()
      .meta({ description: 'The last ten purchases and certificates.', 'x-kubernetes-list-type': 'atomic' }),
  })
  .meta({ description: 'What the operator knows.' })

export type OrderStatus = z.infer<typeof orderStatus>
export type CertificateFacts = NonNullable<OrderStatus['certificate']>
export type Intent = z.infer<typeof intent>
export type ValidationEntry = z.infer<typeof validationEntry>
