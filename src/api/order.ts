import { z } from 'zod'
import type { Metadata } from './names.ts'
import { rulesOf } from './products.ts'
import type { OrderStatus } from './status.ts'
import {
  type CrossFieldRule,
  dcv,
  dnsName,
  isDnsName,
  objectName,
  oneMember,
  validations,
  validity,
  wireId,
} from './shapes.ts'

const immutable = (field: string) =>
  validations([
    {
      rule: 'self == oldSelf',
      message: `${field} cannot be changed: it says what was bought; make a new DigiCertOrder instead`,
    },
  ])

const accountRef = z
  .object({
    kind: z
      .enum(['DigiCertAccount', 'ClusterDigiCertAccount'])
      .default('DigiCertAccount')
      .meta({ description: 'DigiCertAccount: of this namespace. ClusterDigiCertAccount: of the cluster.' }),
    name: objectName('Name of the account.'),
  })
  .meta({ description: 'The account that buys. Cannot be changed.', ...immutable('accountRef') })

const keyRules: readonly CrossFieldRule<{ algorithm: string; size?: number | undefined; encoding: string }>[] = [
  {
    rule: "!has(self.size) || (self.algorithm == 'RSA' ? self.size in [2048, 3072, 4096] : self.size in [256, 384])",
    message: 'privateKey.size must be 2048, 3072 or 4096 for RSA, and 256 or 384 for ECDSA',
    holds: ({ algorithm, size }) =>
      size === undefined || (algorithm === 'RSA' ? [2048, 3072, 4096] : [256, 384]).includes(size),
  },
]

const privateKey = z
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
      .meta({ description: 'Whether a reissue makes a new key (Always) or keeps the one there is (Never).' }),
  })
  .meta({ description: 'The private key that the operator makes.', ...validations(keyRules) })

const dcvEmail = z.object({
  dnsName: dnsName(253, 'Name of the order that the mail is about.'),
  emailDomain: dnsName(253, 'Base domain of that name, to which the mail is sent.'),
  email: z.string().min(3).max(254).optional().meta({ description: 'Address to use, where a certain one is wanted.' }),
})

const orderDcv = dcv
  .extend({
    emails: z
      .array(dcvEmail)
      .max(250)
      .optional()
      .meta({ description: 'For method email: where each name is confirmed.', 'x-kubernetes-list-type': 'atomic' }),
    useAuthKey: z
      .boolean()
      .optional()
      .meta({ description: 'DV only: look for a request token of the AuthKey of the account while ordering.' }),
  })
  .meta({ description: 'Domain control validation (DCV). What is silent here comes from the account.' })

const personal = (max: number, description: string) => z.string().min(1).max(max).optional().meta({ description })

const contactFields = z.object({
  contactType: z
    .enum(['organization_contact', 'technical_contact', 'ev_approver'])
    .meta({ description: 'What the person is asked for.' }),
  userId: wireId('User or contact that exists in the account.').optional(),
  firstName: personal(128, 'First name of a new contact.'),
  lastName: personal(128, 'Last name of a new contact.'),
  jobTitle: personal(128, 'Job title of a new contact.'),
  telephone: personal(64, 'Telephone number of a new contact.'),
  email: z.string().min(3).max(254).optional().meta({ description: 'Mail address of a new contact.' }),
})

type Contact = z.infer<typeof contactFields>

const fieldsOfPerson = ({ firstName, lastName, jobTitle, telephone, email }: Contact) => [
  firstName,
  lastName,
  jobTitle,
  telephone,
  email,
]

const contactRules: readonly CrossFieldRule<Contact>[] = [
  {
    rule: '!has(self.userId) || !(has(self.firstName) || has(self.lastName) || has(self.jobTitle) || has(self.telephone) || has(self.email))',
    message:
      'a contact has either userId or the fields of a new contact, never both: fields beside a userId would rewrite that user',
    holds: (contact) => contact.userId === undefined || fieldsOfPerson(contact).every((field) => field === undefined),
  },
  {
    rule: 'has(self.userId) || (has(self.firstName) && has(self.lastName) && has(self.jobTitle) && has(self.telephone) && has(self.email))',
    message: 'a contact without userId needs firstName, lastName, jobTitle, telephone and email',
    holds: (contact) => contact.userId !== undefined || fieldsOfPerson(contact).every((field) => field !== undefined),
  },
]

const contact = contactFields.meta({ ...validations(contactRules) })

/* Named apart from OrderSpec, which is inferred from a schema that carries the rules. */
type RuledFields = {
  product: string
  commonName: string
  dnsNames?: string[] | undefined
  dcv?: { method?: string | undefined } | undefined
  contacts?: { list?: { contactType: string }[] | undefined } | undefined
}

const hasWildcard = ({ commonName, dnsNames = [] }: RuledFields): boolean =>
  [commonName, ...dnsNames].some((name) => name.startsWith('*.'))

/** The same in CEL. */
const HAS_WILDCARD =
  "(self.commonName.startsWith('*.') || (has(self.dnsNames) && self.dnsNames.exists(n, n.startsWith('*.'))))"

/** Rules that look at several fields of the spec; the messages begin with the field that a person can mend. */
export const SPEC_RULES: readonly CrossFieldRule<RuledFields>[] = [
  {
    rule: "!self.product.startsWith('ssl_ev_') || (has(self.contacts) && has(self.contacts.list) && self.contacts.list.exists(c, c.contactType == 'ev_approver'))",
    message:
      'contacts.list must name an ev_approver for an EV product: DigiCert lets no EV order pass without one; add {contactType: ev_approver, userId: <id>}',
    holds: ({ product, contacts }) =>
      !product.startsWith('ssl_ev_') || (contacts?.list ?? []).some(({ contactType }) => contactType === 'ev_approver'),
  },
  {
    rule: "!self.product.startsWith('wildcard_') || self.commonName.startsWith('*.')",
    message: 'commonName must be a wildcard such as *.example.com for a wildcard product',
    holds: ({ product, commonName }) => rulesOf(product).wildcard !== 'only' || commonName.startsWith('*.'),
  },
  {
    rule: `!(self.product.startsWith('ssl_ev_') || self.product in ['ssl_dv_geotrust', 'ssl_dv_rapidssl']) || !${HAS_WILDCARD}`,
    message: 'commonName and dnsNames must not be wildcards: this product has none',
    holds: (spec) => rulesOf(spec.product).wildcard !== 'no' || !hasWildcard(spec),
  },
  {
    rule: `!has(self.dcv) || !has(self.dcv.method) || self.dcv.method != 'http-token' || !${HAS_WILDCARD}`,
    message:
      'dcv.method http-token cannot prove a wildcard: a file stands for its exact name only; choose a DNS method',
    holds: (spec) => spec.dcv?.method !== 'http-token' || !hasWildcard(spec),
  },
  {
    rule: "!self.product.startsWith('document_signing_')",
    message: 'product: document signing is not supported by this version',
    holds: ({ product }) => !product.startsWith('document_signing_'),
  },
]

export const orderSpec = z
  .object({
    accountRef,
    product: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[a-z0-9_]+$/)
      .meta({
        description: 'Product id at CertCentral, such as ssl_securesite_pro. Cannot be changed.',
        ...immutable('product'),
      }),
    secretName: objectName('Secret of type kubernetes.io/tls, in this namespace, that receives key and certificate.'),
    commonName: dnsName(64, 'Main name; sent as certificate.common_name.'),
    dnsNames: z.array(dnsName(253, 'A further name.')).max(250).optional().meta({
      description: 'Further names; sent as certificate.dns_names. Each may cost money.',
      'x-kubernetes-list-type': 'set',
    }),
    orderValidity: validity('orderValidity', 3, 'Length of the order, that is of the plan. Exactly one member.'),
    certificateValidity: validity(
      'certificateValidity',
      3,
      'Length of each certificate, where it shall be shorter than plan and industry allow. Exactly one member.',
    ).optional(),
    signatureHash: z
      .enum(['sha256', 'sha384', 'sha512'])
      .default('sha256')
      .meta({ description: 'Hash that DigiCert signs with; sent as certificate.signature_hash.' }),
    privateKey: privateKey.prefault({}),
    organization: z
      .object({ id: wireId('Id of the organization at CertCentral.') })
      .optional()
      .meta({ description: 'The organization that OV and EV certificates name. Silent: the default of the account.' }),
    contacts: z
      .object({
        list: z
          .array(contact)
          .max(16)
          .optional()
          .meta({ description: 'Contacts of the organization.', 'x-kubernetes-list-type': 'atomic' }),
      })
      .optional()
      .meta({ description: 'People for this order; sent as organization.contacts.' }),
    dcv: orderDcv.optional(),
    skipApproval: z
      .boolean()
      .optional()
      .meta({ description: 'Ask CertCentral to skip its approval step. Silent: the default of the account.' }),
    comments: z.string().max(2000).optional().meta({ description: 'What the approver reads.' }),
  })
  .meta({ description: 'What to buy, from which account, into which Secret.', ...validations(SPEC_RULES) })

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

const validityProblems = (spec: OrderSpec): string[] =>
  (['orderValidity', 'certificateValidity'] as const).flatMap((field) => {
    const given = spec[field]
    const { holds, message } = oneMember(field)
    return given === undefined || holds(given) ? [] : [message]
  })

/**
 * Checks a stored spec with the rules of the CRD. The API server did so as well when the object was written; objects
 * may be older than a rule.
 */
export const checkSpec = (spec: unknown): CheckedSpec => {
  const parsed = orderSpec.safeParse(spec)
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) }
  const { commonName, dnsNames = [], contacts, dcv: proof } = parsed.data
  const names = [commonName, ...dnsNames, ...(proof?.emails ?? []).flatMap((mail) => [mail.dnsName, mail.emailDomain])]
  const people = contacts?.list ?? []
  const problems = [
    ...SPEC_RULES.filter(({ holds }) => !holds(parsed.data)).map(({ message }) => message),
    ...validityProblems(parsed.data),
    ...keyRules.filter(({ holds }) => !holds(parsed.data.privateKey)).map(({ message }) => message),
    ...contactRules.filter(({ holds }) => !people.every(holds)).map(({ message }) => message),
    ...(new Set(dnsNames).size < dnsNames.length ? ['dnsNames must hold each name once'] : []),
    ...names.filter((name) => !isDnsName(name)).map((name) => `${JSON.stringify(name)} is not a DNS name`),
  ]
  return problems.length > 0 ? { ok: false, problems } : { ok: true, spec: parsed.data }
}
