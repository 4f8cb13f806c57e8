import { z } from 'zod'
import { type CrossFieldRule, mailAddress, sentence, span, validations, wireId } from './shapes.ts'
import { wire } from './wire.ts'

/** Text for people that may have several lines; an empty one counts as none. */
const text = (max: number, description: string, field: string) =>
  z
    .string()
    .max(max)
    .optional()
    .meta({ description, ...wire(field) })

const bool = (description: string, field: string) =>
  z
    .boolean()
    .optional()
    .meta({ description, ...wire(field) })

export const containerId = wireId('Division (container) that the order is placed under.')
  .optional()
  .meta({ ...wire('container', 'container.id') })

export const skipApproval = bool(
  'Ask CertCentral to skip its approval step. Absent: the default of the account.',
  'skip_approval',
)

const reissueFields = z.object({
  by: z
    .enum(['Operator', 'DigiCert', 'Never'])
    .optional()
    .meta({
      description:
        'Who reissues inside the plan, for free. Operator (the default): the operator, with a new key. DigiCert: DigiCert, 30 days before a certificate ends, with the same key; the operator downloads the new certificate. Never: nobody; the operator reports when one is due.',
      ...wire('auto_reissue'),
    }),
  before: span(
    'How long before the end of a certificate it is reissued, such as 33d or 720h; never in its first half. Absent: 33 days, or a third of its life where that is shorter.',
  ).optional(),
  beforePercentage: z
    .int()
    .min(1)
    .max(99)
    .optional()
    .meta({ description: 'The same, as the share of its lifetime that is left, in percent.' }),
  allowNameRemoval: z.boolean().optional().meta({
    description:
      'Remove names from the certificate that were taken out of the spec. DigiCert then revokes every earlier certificate of the order within 72 hours. Absent: the operator keeps the names.',
  }),
})

export const REISSUE_RULES: readonly CrossFieldRule<z.infer<typeof reissueFields>>[] = [
  {
    rule: '!has(self.before) || !has(self.beforePercentage)',
    message: 'reissue has either before or beforePercentage: both say when a certificate is reissued',
    holds: ({ before, beforePercentage }) => before === undefined || beforePercentage === undefined,
  },
]

const renewalFields = z.object({
  policy: z.enum(['Renew', 'Never']).optional().meta({
    description:
      'What follows the end of the plan. Renew (the default): a new order, which costs money. Never: nothing; the operator reports that the plan ends.',
  }),
  before: span(
    'How long before the plan ends it is renewed; never in its first half. Absent: 30 days, or a third of the plan where that is shorter.',
  ).optional(),
  ofOrderId: wireId('The order that this one renews, where it was not made by this DigiCertOrder.')
    .optional()
    .meta({ ...wire('renewal_of_order_id') }),
  ofThumbprint: z
    .string()
    .regex(/^[0-9A-Fa-f]{40}$/)
    .optional()
    .meta({
      description: 'The same by the SHA-1 thumbprint of its primary certificate, in hexadecimal.',
      ...wire('renewed_thumbprint'),
    }),
  byDigiCert: bool(
    "true: DigiCert renews the plan, and charges for it, 30 days before it ends; the operator buys no renewal and takes DigiCert's over. false or absent: the operator renews, which is CertCentral's default.",
    'auto_renew',
  ),
})

export const RENEWAL_RULES: readonly CrossFieldRule<z.infer<typeof renewalFields>>[] = [
  {
    rule: '!has(self.ofOrderId) || !has(self.ofThumbprint)',
    message: 'renewal has either ofOrderId or ofThumbprint: both name the order that is renewed',
    holds: ({ ofOrderId, ofThumbprint }) => ofOrderId === undefined || ofThumbprint === undefined,
  },
  {
    rule: "!has(self.byDigiCert) || !self.byDigiCert || !has(self.policy) || self.policy != 'Never'",
    message:
      'renewal.byDigiCert cannot be used with policy Never: DigiCert would renew, and charge for, what nobody follows',
    holds: ({ byDigiCert, policy }) => byDigiCert !== true || policy !== 'Never',
  },
]

/** Everything of an order besides names, key, lengths, people and payment, by its name in the spec. */
export const purchaseFields = {
  renewal: renewalFields.optional().meta({
    description: 'What follows the plan, and which orders this one renews.',
    ...validations(RENEWAL_RULES),
  }),
  reissue: reissueFields
    .optional()
    .meta({ description: 'How certificates follow each other inside the plan.', ...validations(REISSUE_RULES) }),
  notifications: z
    .object({
      additionalEmails: z
        .array(mailAddress('A mail address.'))
        .max(50)
        .optional()
        .meta({
          description: "Who else receives DigiCert's mails.",
          'x-kubernetes-list-type': 'set',
          ...wire('additional_emails'),
        }),
      locale: z
        .string()
        .regex(/^[a-z]{2}(_[A-Z]{2})?$/)
        .optional()
        .meta({ description: 'Language of the mails about validation, such as en or de.', ...wire('locale') }),
      customRenewalMessage: text(2000, 'What the mails about renewal say.', 'custom_renewal_message'),
      disableRenewal: bool('Send no mails about renewal.', 'disable_renewal_notifications'),
    })
    .optional()
    .meta({ description: "DigiCert's mails." }),
  containerId,
  customFields: z
    .array(
      z.object({
        metadataId: wireId('Id of the field.').meta({ ...wire('custom_fields.metadata_id') }),
        value: sentence(1000, 'Its value.', 'custom_fields.value'),
      }),
    )
    .max(50)
    .optional()
    .meta({
      description: 'Custom fields of the account.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['metadataId'],
      ...wire('custom_fields'),
    }),
  comments: text(2000, 'What the approver reads.', 'comments'),
  serverLicenses: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'Number of server licenses.', ...wire('server_licenses') }),
  disableCT: bool('Keep the certificates out of CT logs, where the account may.', 'disable_ct'),
  skipApproval,
  guestAccess: bool(
    'Let guests see the order. Not allowed where the account has guest access off. Absent: the setting of the account.',
    'enable_guest_access',
  ),
  userIdAssignments: z
    .array(wireId('Id of a user.'))
    .max(50)
    .optional()
    .meta({
      description: 'Users who may manage the order.',
      'x-kubernetes-list-type': 'set',
      ...wire('user_id_assignments'),
    }),
}
