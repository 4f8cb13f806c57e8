import { z } from 'zod'
import { KEY_SECRET_NAME, type Metadata } from './names.ts'
import { CONTACT_RULES, contacts } from './contacts.ts'
import { orderDcv } from './dcv.ts'
import { SIGNING_RULES, documentSigning } from './document-signing.ts'
import { ORGANIZATION_RULES, organization } from './organization.ts'
import { TEMPLATE_RULES, additionalOutputFormats, keystores, secretTemplate } from './outputs.ts'
import { PAYMENT_RULES, payment } from './payment.ts'
import { KEY_RULES, csrSecretRef, privateKey } from './private-key.ts'
import { REISSUE_RULES, RENEWAL_RULES, purchaseFields } from './purchase.ts'
import {
  type CrossFieldRule,
  dnsName,
  isDnsName,
  objectName,
  oneMember,
  sentence,
  validations,
  validity,
  wireId,
} from './shapes.ts'
import { MOST, PURCHASE_RULES, SPEC_RULES } from './spec-rules.ts'
import type { OrderStatus } from './status.ts'
import { wire } from './wire.ts'

/** Of the field alone, so that the API server lets an order be edited that had such a name before the rule. */
const SECRET_NAME_RULE: CrossFieldRule<string> = {
  rule: `!self.matches('${KEY_SECRET_NAME}')`,
  message:
    'secretName must not end in -key- and a number: the operator keeps private keys in Secrets of such names; choose another name',
  holds: (secretName) => !new RegExp(KEY_SECRET_NAME).test(secretName),
}

const accountRef = z
  .object({
    kind: z
      .enum(['DigiCertAccount', 'ClusterDigiCertAccount'])
      .default('DigiCertAccount')
      .meta({ description: 'DigiCertAccount: of this namespace. ClusterDigiCertAccount: of the cluster.' }),
    name: objectName('Name of the account.'),
  })
  .meta({ description: 'The account that buys. Cannot be changed once the order was sent to CertCentral.' })

export const orderSpec = z
  .object({
    accountRef,
    product: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[a-z0-9_]+$/)
      .meta({
        description:
          'Product id at CertCentral, such as ssl_securesite_pro. Cannot be changed once the order was sent to CertCentral.',
      }),
    secretName: objectName('')
      .optional()
      .meta({
        description:
          'Secret, in this namespace, that receives key and certificate: of type kubernetes.io/tls, with csrSecretRef of type Opaque. A certificate on hardware has none.',
        ...validations([SECRET_NAME_RULE]),
      }),
    commonName: dnsName(64, 'Main name. Document signing has none.', 'certificate.common_name').optional(),
    dnsNames: z
      .array(dnsName(253, 'A further name.'))
      .max(250)
      .optional()
      .meta({
        description: 'Further names. Each may cost money.',
        'x-kubernetes-list-type': 'set',
        ...wire('certificate.dns_names'),
      }),
    orderValidity: validity({
      name: 'orderValidity',
      description: 'Length of the order, that is of the plan. Exactly one member.',
      ...MOST.order,
      fields: {
        object: ['order_validity'],
        years: ['order_validity.years', 'validity_years'],
        days: ['order_validity.days', 'validity_days'],
        expiresOn: ['order_validity.custom_expiration_date', 'custom_expiration_date'],
      },
    }),
    certificateValidity: validity({
      name: 'certificateValidity',
      description:
        'Length of each certificate, where it is to be shorter than plan and industry allow. DigiCert may ignore less than 365 days of ssl_securesite_pro. Exactly one member.',
      ...MOST.certificate,
      fields: {
        object: ['certificate.cert_validity'],
        years: ['certificate.cert_validity.years'],
        days: ['certificate.cert_validity.days'],
        expiresOn: ['certificate.cert_validity.custom_expiration_date'],
      },
    }).optional(),
    signatureHash: z
      .enum(['sha256', 'sha384', 'sha512'])
      .default('sha256')
      .meta({ description: 'Hash that DigiCert signs with.', ...wire('certificate.signature_hash') }),
    organizationUnits: z
      .array(sentence(64, 'A department.'))
      .max(10)
      .optional()
      .meta({
        description: 'Departments. DigiCert ignores them for public TLS certificates, which name none any more.',
        'x-kubernetes-list-type': 'set',
        ...wire('certificate.organization_units'),
      }),
    serverPlatform: z
      .int()
      .min(-1)
      .max(100_000)
      .optional()
      .meta({
        description: "Id of the server platform. Absent: -1, any other, by CertCentral's default.",
        ...wire('certificate.server_platform', 'certificate.server_platform.id'),
      }),
    profileOption: sentence(128, 'Name of a certificate profile.', 'certificate.profile_option').optional(),
    caCertId: sentence(64, 'Id of the intermediate CA that issues.', 'certificate.ca_cert_id').optional(),
    privateKey: privateKey.prefault({}),
    csrSecretRef: csrSecretRef.optional(),
    organization: organization.optional(),
    contacts: contacts.optional(),
    dcv: orderDcv.optional(),
    payment: payment.optional(),
    documentSigning: documentSigning.optional(),
    secretTemplate: secretTemplate.optional(),
    additionalOutputFormats: additionalOutputFormats.optional(),
    keystores: keystores.optional(),
    ...purchaseFields,
    adoptOrderId: wireId(
      'Takes over an order that exists, such as one that was bought in the console; nothing is bought. With suspend: true the operator only reports what it would do.',
    ).optional(),
    deletionPolicy: z.enum(['Retain', 'CancelPending', 'RevokeCertificate', 'RevokeOrder']).optional().meta({
      description:
        'What happens to the order at CertCentral when this object is deleted. Retain (the default): nothing. CancelPending: the operator cancels it if it was not issued. RevokeCertificate: the operator revokes its present certificate. RevokeOrder: the operator revokes all of its certificates. The Secret stays in any case.',
    }),
    revokeAdopted: z.boolean().optional().meta({
      description:
        'Lets deletionPolicy end an order that was taken over, and not bought for this object, as well. Absent: such an order stays as it is.',
    }),
    suspend: z
      .boolean()
      .optional()
      .meta({ description: 'true: the operator neither orders, reissues nor renews, until this is removed.' }),
  })
  .meta({
    description: 'What to buy, from which account, into which Secret.',
    ...validations([...SPEC_RULES, ...PURCHASE_RULES]),
  })

export type OrderSpec = z.infer<typeof orderSpec>

/** A DigiCertOrder as the API server serves it. */
export type DigiCertOrder = {
  apiVersion?: string
  kind?: string
  metadata: Metadata
  spec: OrderSpec
  status?: OrderStatus
}

/** A spec with its defaults filled in, or the sentences that say what is wrong with it. */
export type CheckedSpec = { ok: true; spec: OrderSpec } | { ok: false; problems: string[] }

/** The sentences of the rules that something breaks, where it is there at all. */
const broken = <T>(rules: readonly CrossFieldRule<T>[], ...given: readonly (T | undefined)[]): string[] =>
  rules.filter(({ holds }) => !given.every((one) => one === undefined || holds(one))).map(({ message }) => message)

const repeated = (what: string, items: readonly unknown[] = []): string[] =>
  new Set(items).size < items.length ? [`${what} must hold each once`] : []

const strangeNames = ({ commonName, dnsNames = [], dcv }: OrderSpec): string[] =>
  [...(commonName === undefined ? [] : [commonName]), ...dnsNames]
    .concat((dcv?.emails ?? []).flatMap(({ dnsName: name, emailDomain }) => [name, emailDomain]))
    .filter((name) => !isDnsName(name))
    .map((name) => `${JSON.stringify(name)} is not a DNS name`)

/** What of a spec has no sense of a purchase to come, as sentences. */
export const unpurchasable = (spec: OrderSpec): string[] => [
  ...broken(PURCHASE_RULES, spec),
  ...broken([SECRET_NAME_RULE], spec.secretName),
]

const problemsOf = (spec: OrderSpec): string[] => [
  ...broken(SPEC_RULES, spec),
  ...broken([oneMember('orderValidity')], spec.orderValidity),
  ...broken([oneMember('certificateValidity')], spec.certificateValidity),
  ...broken(KEY_RULES, spec.privateKey),
  ...broken(CONTACT_RULES, ...(spec.contacts?.list ?? [])),
  ...broken(ORGANIZATION_RULES, spec.organization),
  ...broken(PAYMENT_RULES, spec.payment),
  ...broken(SIGNING_RULES, spec.documentSigning),
  ...broken(TEMPLATE_RULES, spec.secretTemplate),
  ...broken(RENEWAL_RULES, spec.renewal),
  ...broken(REISSUE_RULES, spec.reissue),
  ...repeated('dnsNames', spec.dnsNames),
  ...repeated('organizationUnits', spec.organizationUnits),
  ...repeated('notifications.additionalEmails', spec.notifications?.additionalEmails),
  ...repeated('userIdAssignments', spec.userIdAssignments),
  ...repeated(
    'customFields.metadataId',
    spec.customFields?.map(({ metadataId }) => metadataId),
  ),
  ...repeated(
    'additionalOutputFormats',
    spec.additionalOutputFormats?.map(({ type }) => type),
  ),
  ...repeated(
    'dcv.emails.dnsName',
    spec.dcv?.emails?.map(({ dnsName: name }) => name),
  ),
  ...strangeNames(spec),
]

/**
 * Checks a stored spec with the rules of the CRD. The API server did so as well when the object was written; objects
 * may be older than a rule.
 */
export const checkSpec = (spec: unknown): CheckedSpec => {
  const parsed = orderSpec.safeParse(spec)
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }
  const problems = problemsOf(parsed.data)
  return problems.length > 0 ? { ok: false, problems } : { ok: true, spec: parsed.data }
}
