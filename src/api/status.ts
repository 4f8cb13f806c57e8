import { z } from 'zod'
import { conditions } from './shapes.ts'

const date = (description: string) => z.string().max(64).optional().meta({ description })
const text = (description: string) => z.string().max(4096).optional().meta({ description })

const known = (max: number, description: string) => z.string().max(max).meta({ description })
const number = (description: string) => z.int().meta({ description })

const orderRequest = z.object({
  id: number('Id of the request, under Requests in CertCentral.'),
  type: text('new_request, reissue, …'),
  status: known(64, 'submitted, pending, approved or rejected.'),
})

const validationEntry = z.object({
  dnsName: known(253, 'The name, or the base domain that stands for it.'),
  method: text('How control is proven.'),
  status: known(64, 'Status, in the words of CertCentral.'),
  record: z
    .object({ type: known(16, 'TXT or CNAME.'), name: known(512, 'Full name.'), value: known(1024, 'Its content.') })
    .optional()
    .meta({ description: 'DNS record to publish.' }),
  file: z
    .object({ url: known(1024, 'Where DigiCert looks.'), content: known(1024, 'The whole content.') })
    .optional()
    .meta({ description: 'File to serve.' }),
  checkedAt: date('When CertCentral was last asked to check.'),
  lastError: text(
    "CertCentral's code for what that check did not find; absent where it only said that the name is pending.",
  ),
  expiresAt: date('When the value to publish ends.'),
})

const intent = z
  .object({
    purpose: z.enum(['Order', 'Reissue', 'Renewal']).meta({ description: 'What the purchase is for.' }),
    purchase: z.int().min(1).meta({ description: 'Which purchase of this DigiCertOrder it is.' }),
    alternativeOrderId: known(64, 'The id that the operator gives the order.'),
    keySecretName: text('The Secret that keeps its private key, or its CSR; absent for what comes on hardware.'),
    payloadHash: known(64, 'Fingerprint of the request, by which an edited spec is noticed.'),
    recordedAt: known(64, 'When it was written down.'),
    sentAt: date('When the order was sent; absent while it was not.'),
    sends: z.int().min(0).optional().meta({ description: 'How often it was sent.' }),
    supersedes: text('Serial number of the certificate that a reissue follows.'),
    renewalOf: z.int().optional().meta({ description: 'The order that is renewed.' }),
    renewalOfAdopted: z
      .boolean()
      .optional()
      .meta({ description: 'true: the operator adopted that order, and did not buy it for this object.' }),
    previousPlan: z
      .object({
        orderId: number('Order id at CertCentral.'),
        validFrom: known(64, 'Its first day.'),
        validUntil: known(64, 'Its last day.'),
      })
      .optional()
      .meta({ description: 'The plan that this purchase follows, for the brake.' }),
    releasedBy: text('The annotation release-brake, or order-again, by which a person let this step past the brake.'),
    request: z.string().max(262_144).optional().meta({
      description:
        'The request as it was sent, as JSON, without CSR and card. After an unknown outcome the operator sends nothing else with this id.',
    }),
    link: z
      .enum(['refused'])
      .optional()
      .meta({
        description: 'CertCentral refused to link the renewal to that order; the operator orders without the link.',
      }),
  })
  .meta({ description: 'What the operator is about to buy, written before it buys.' })

const knownValidity = z.object({
  type: z.enum(['Domain', 'Organization']).meta({ description: 'What is validated.' }),
  name: known(512, 'The domain, or the id of the organization.'),
  validatedUntil: known(64, 'Until when that serves for further certificates.'),
})

const validity = z
  .object({
    checkedAt: known(64, 'When CertCentral was asked.'),
    entries: z
      .array(knownValidity)
      .max(64)
      .meta({ description: 'The validations that CertCentral listed.', 'x-kubernetes-list-type': 'atomic' }),
  })
  .meta({
    description:
      'Until when domains and organization are validated, which the operator asks before the next certificate is due. Absent for DV, where each certificate needs a new proof.',
  })

const effective = z
  .object({
    organization: z
      .object({
        id: z.int().optional().meta({ description: 'Its id.' }),
        name: text('Its name, where it was given by details.'),
      })
      .optional()
      .meta({ description: 'The organization.' }),
    containerId: z.int().optional().meta({ description: 'The division.' }),
    payment: z
      .object({ method: known(64, 'How it is paid.') })
      .optional()
      .meta({ description: 'Payment.' }),
    dcv: z
      .object({ method: text('How control is proven.'), scope: text('Which name is proven.') })
      .optional()
      .meta({ description: 'Domain control validation.' }),
    skipApproval: z.boolean().optional().meta({ description: 'Whether approval is skipped.' }),
  })
  .meta({
    description: "What is ordered where the account's defaults had a part in it; of an order, as it was placed.",
  })

const knownOrganization = z.object({ id: number('Its id.'), name: known(255, 'Its name in the spec.') }).meta({
  description:
    'The organization that CertCentral made of the details in the spec, or attached them to; the next order names it by id.',
})

export const orderStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'metadata.generation that the operator reconciled last.' }),
    conditions,
    order: z
      .object({
        id: number('Order id at CertCentral.'),
        status: known(64, 'Status, in the words of CertCentral.'),
        product: text('Product id.'),
        alternativeOrderId: text('The id that the operator gave the order.'),
        purchase: z.int().min(1).meta({ description: 'Which purchase of this DigiCertOrder it is.' }),
        certificateId: z.int().optional().meta({ description: 'The newest certificate of the order.' }),
        adopted: z.boolean().optional().meta({
          description:
            'true: the operator adopted the order, by spec.adoptOrderId or by the Secret that names it, and did not buy it for this object.',
        }),
        asked: z
          .object({
            dnsNames: z.array(z.string().max(253)).max(300).meta({ description: 'The names.' }),
            certificateHash: text('Fingerprint of hash, issuing CA, profile and platform.'),
            validUntil: date('Last day of the plan as it was asked for; it stands until CertCentral names one.'),
            certificate: z
              .object({
                years: z.int().optional().meta({ description: 'Its length in years.' }),
                days: z.int().optional().meta({ description: 'Its length in days.' }),
                expiresOn: date('Its last day.'),
                caCertId: text('Id of the CA certificate that was to issue it.'),
              })
              .optional()
              .meta({
                description:
                  'Requested length and CA of the certificate, which the operator compares with the issued one.',
              }),
          })
          .optional()
          .meta({ description: 'What the operator requested last, by the order or by a reissue.' }),
        organizationId: z.int().optional().meta({ description: 'The organization of the order.' }),
        caCertId: text('Id of the CA certificate that issued its newest certificate.'),
        autoRenew: z
          .boolean()
          .optional()
          .meta({ description: 'Whether DigiCert renews the order, and charges for it, according to CertCentral.' }),
        autoReissue: z
          .boolean()
          .optional()
          .meta({ description: 'Whether DigiCert reissues its certificate, according to CertCentral.' }),
        switched: z
          .object({ count: number('How often.'), at: known(64, 'When last.') })
          .optional()
          .meta({
            description:
              'Set while the operator has switched autoReissue and CertCentral does not show the effect yet.',
          }),
        validFrom: date('First day of the plan.'),
        validUntil: date('Last day of the plan.'),
        requests: z
          .array(orderRequest)
          .max(64)
          .optional()
          .meta({
            description: 'Requests that people approve or reject in CertCentral.',
            'x-kubernetes-list-type': 'atomic',
          }),
      })
      .optional()
      .meta({ description: 'The order at CertCentral.' }),
    certificate: z
      .object({
        id: z.int().optional().meta({ description: 'Certificate id at CertCentral.' }),
        serialNumber: known(64, 'In lower-case hexadecimal.'),
        sha1Thumbprint: known(64, 'In lower-case hexadecimal, as CertCentral shows it.'),
        sha256Fingerprint: known(128, 'In lower-case hexadecimal.'),
        notBefore: known(64, 'When it begins to be valid.'),
        notAfter: known(64, 'When the certificate expires.'),
        dnsNames: z.array(z.string().max(253)).max(300).meta({ description: 'The names that it covers.' }),
        issuer: known(1024, 'Issuer of the certificate.'),
        storedTime: date('When the operator first stored the certificate.'),
      })
      .optional()
      .meta({ description: 'The certificate in the Secret.' }),
    validation: z
      .array(validationEntry)
      .max(300)
      .optional()
      .meta({ description: 'The names whose control is to be proven, and how.', 'x-kubernetes-list-type': 'atomic' }),
    validationSince: date('When the validation in status.validation was first asked for.'),
    organizationValidation: z
      .array(
        z.object({
          type: known(64, 'What is validated, such as ov or ev.'),
          status: known(64, 'Status, in the words of CertCentral.'),
        }),
      )
      .max(20)
      .optional()
      .meta({
        description: 'What DigiCert validates of the organization.',
        'x-kubernetes-list-type': 'atomic',
      }),
    validity: validity.optional(),
    intent: intent.optional(),
    effective: effective.optional(),
    organization: knownOrganization.optional(),
    next: z
      .object({
        action: z.enum(['Reissue', 'Renew', 'Look']).meta({ description: 'What is done.' }),
        at: known(64, 'When.'),
        why: known(1024, 'For what.'),
      })
      .optional()
      .meta({ description: 'The next automatic action of the operator.' }),
    differences: z.array(z.string().max(2048)).max(8).optional().meta({
      description: 'Differences between the spec and the issued order and certificate, as sentences.',
      'x-kubernetes-list-type': 'atomic',
    }),
    onDeletion: text('What happens to order and certificate when this object is deleted.'),
    deletion: z
      .object({
        what: known(64, 'What was done.'),
        orderId: z.int().optional().meta({ description: 'To which order.' }),
        waitsFor: z
          .int()
          .optional()
          .meta({ description: 'The request that an administrator has to approve in CertCentral before it is done.' }),
        at: known(64, 'When.'),
      })
      .optional()
      .meta({ description: 'What was done at CertCentral because this object is being deleted.' }),
    lastHandledReissueRequestedAt: text('The annotation reissue-requested-at that was handled last.'),
    lastHandledCheckRequestedAt: text('The annotation check-requested-at that was handled last.'),
    lastHandledReleaseBrake: text('The annotation release-brake, or order-again, that released a step last.'),
    lastHandledReconcileAt: text('The annotation reconcile.fluxcd.io/requestedAt that was handled last.'),
    revision: z.int().min(0).optional().meta({ description: 'How many certificates were stored.' }),
    failures: z
      .object({
        reason: text('Reason it is about.'),
        count: number('How often in a row.'),
        lastAt: known(64, 'When it happened last.'),
        code: known(256, 'What CertCentral, or the check, calls it.'),
        message: known(32_768, 'What it said.'),
      })
      .optional()
      .meta({ description: 'The last failure, until the action succeeds.' }),
    history: z
      .array(
        z.object({
          at: known(64, 'When.'),
          what: z.enum(['Ordered', 'Reissued', 'Renewed', 'Adopted']).meta({ description: 'What happened.' }),
          orderId: number('Order id at CertCentral.'),
          certificateId: z.int().optional().meta({ description: 'Certificate id at CertCentral.' }),
          purchase: z.int().min(1).optional().meta({ description: 'Which purchase of this DigiCertOrder it is.' }),
          free: z
            .boolean()
            .optional()
            .meta({ description: 'It was rejected, or canceled before it was issued, and cost nothing.' }),
        }),
      )
      .max(30)
      .optional()
      .meta({ description: 'The last thirty purchases and certificates.', 'x-kubernetes-list-type': 'atomic' }),
  })
  .meta({ description: 'The state of the order, as the operator observed it.' })

export type OrderStatus = z.infer<typeof orderStatus>
export type CertificateFacts = NonNullable<OrderStatus['certificate']>
export type Effective = z.infer<typeof effective>
export type KnownOrganization = z.infer<typeof knownOrganization>
export type KnownValidity = z.infer<typeof knownValidity>
export type Intent = z.infer<typeof intent>
export type ValidationEntry = z.infer<typeof validationEntry>
