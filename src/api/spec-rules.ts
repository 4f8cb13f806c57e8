import { isOffPage } from './pages.ts'
import { PRODUCTS, type Longest, productWith, rulesOf } from './products.ts'
import { type CrossFieldRule, type Validity, milliseconds } from './shapes.ts'

type Signing = { provisioningMethod?: string | undefined; shipInfo?: object | undefined }
type Mail = { dnsName: string; emailDomain: string }

/* Named apart from OrderSpec, which is inferred from a schema that carries the rules. */
export type RuledFields = {
  product: string
  secretName?: string | undefined
  commonName?: string | undefined
  dnsNames?: string[] | undefined
  signatureHash: string
  orderValidity: Validity
  certificateValidity?: Validity | undefined
  csrSecretRef?: object | undefined
  dcv?: { method?: string | undefined; emails?: Mail[] | undefined; useAuthKey?: boolean | undefined } | undefined
  contacts?:
    | {
        technical?: { telephone?: string | undefined } | undefined
        list?: { contactType: string }[] | undefined
      }
    | undefined
  documentSigning?: Signing | undefined
  renewal?: { byDigiCert?: boolean | undefined; policy?: string | undefined; before?: string | undefined } | undefined
  reissue?: { by?: string | undefined } | undefined
  payment?:
    | {
        method?: string | undefined
        creditCardSecretRef?: object | undefined
        billingAddress?: object | undefined
      }
    | undefined
  secretTemplate?: object | undefined
  additionalOutputFormats?: readonly object[] | undefined
  keystores?: object | undefined
}

type Rule = CrossFieldRule<RuledFields>

const EV = productWith(({ validation }) => validation === 'ev')
const DV = productWith(({ validation }) => validation === 'dv')
const SIGNING = productWith(({ validation }) => validation === 'ds')
const ONLY_WILDCARD = productWith(({ wildcard }) => wildcard === 'only')
const NO_WILDCARD = productWith(({ wildcard }) => wildcard === 'no')
const ONLY_SHA256 = productWith(({ hashes }) => hashes === 'sha256')
const WITH_TELEPHONE = productWith(({ telephone }) => telephone === 'required')
const WITHOUT_PLAN = productWith(({ plan }) => plan === 'no')
const IN_YEARS = productWith(({ orderUnit }) => orderUnit === 'years')
const WITHOUT_CERTIFICATE_VALIDITY = productWith(({ certificate }) => certificate === 'none')

const WITHOUT_CARD_DATA = productWith(({ pages }) => isOffPage(pages, 'credit_card'))

const namesIn = ({ commonName, dnsNames = [] }: RuledFields): string[] =>
  commonName === undefined ? dnsNames : [commonName, ...dnsNames]

const hasWildcard = (spec: RuledFields): boolean => namesIn(spec).some((name) => name.startsWith('*.'))

/** The same in CEL. */
const HAS_WILDCARD =
  "((has(self.commonName) && self.commonName.startsWith('*.')) || (has(self.dnsNames) && self.dnsNames.exists(n, n.startsWith('*.'))))"

/** Document signing by anything but a CSR: key and certificate come to be on a token. */
export const isOnHardware = ({ product, documentSigning }: Pick<RuledFields, 'product' | 'documentSigning'>): boolean =>
  SIGNING.holds(product) && documentSigning?.provisioningMethod !== 'email'

/** The same in CEL. */
const ON_HARDWARE = `(${SIGNING.cel} && !(has(self.documentSigning) && has(self.documentSigning.provisioningMethod) && self.documentSigning.provisioningMethod == 'email'))`

const nameRules: readonly Rule[] = [
  {
    rule: `has(self.commonName) || ${SIGNING.cel}`,
    message: 'commonName is missing: a TLS certificate must have one',
    holds: ({ product, commonName }) => commonName !== undefined || SIGNING.holds(product),
  },
  {
    rule: `!${ONLY_WILDCARD.cel} || !has(self.commonName) || self.commonName.startsWith('*.')`,
    message: 'commonName must be a wildcard such as *.example.com for a wildcard product',
    holds: ({ product, commonName }) => !ONLY_WILDCARD.holds(product) || (commonName ?? '*.').startsWith('*.'),
  },
  {
    rule: `!${NO_WILDCARD.cel} || !${HAS_WILDCARD}`,
    message: 'commonName and dnsNames must not be wildcards: this product has none',
    holds: (spec) => !NO_WILDCARD.holds(spec.product) || !hasWildcard(spec),
  },
]

const proofRules: readonly Rule[] = [
  {
    rule: `!has(self.dcv) || !has(self.dcv.method) || self.dcv.method != 'http-token' || !${HAS_WILDCARD}`,
    message:
      'dcv.method http-token cannot prove a wildcard: a file stands for its exact name only; choose a DNS method',
    holds: (spec) => spec.dcv?.method !== 'http-token' || !hasWildcard(spec),
  },
  {
    rule: "!has(self.dcv) || !has(self.dcv.emails) || !has(self.dcv.method) || self.dcv.method == 'email'",
    message: 'dcv.emails needs dcv.method email: no other method sends mails',
    holds: ({ dcv }) => dcv?.emails === undefined || (dcv.method ?? 'email') === 'email',
  },
  {
    rule: '!has(self.dcv) || !has(self.dcv.emails) || self.dcv.emails.all(m, (has(self.commonName) && m.dnsName == self.commonName) || (has(self.dnsNames) && m.dnsName in self.dnsNames))',
    message: 'dcv.emails: each dnsName must be the commonName or one of dnsNames, spelt the same',
    holds: (spec) => (spec.dcv?.emails ?? []).every(({ dnsName }) => namesIn(spec).includes(dnsName)),
  },
  {
    rule: "!has(self.dcv) || !has(self.dcv.emails) || self.dcv.emails.all(m, m.dnsName.lowerAscii() == m.emailDomain.lowerAscii() || m.dnsName.lowerAscii().endsWith('.' + m.emailDomain.lowerAscii()))",
    message: 'dcv.emails: each emailDomain must be its dnsName or the base domain above it',
    holds: ({ dcv }) => (dcv?.emails ?? []).every(fitsDomain),
  },
  {
    rule: `!has(self.dcv) || !has(self.dcv.useAuthKey) || !self.dcv.useAuthKey || ${DV.cel}`,
    message: 'dcv.useAuthKey cannot be used with this product: AuthKeys are for DV products',
    holds: ({ product, dcv }) => dcv?.useAuthKey !== true || DV.holds(product),
  },
]

function fitsDomain({ dnsName, emailDomain }: Mail): boolean {
  const [name, domain] = [dnsName.toLowerCase(), emailDomain.toLowerCase()]
  return name === domain || name.endsWith(`.${domain}`)
}

const peopleRules: readonly Rule[] = [
  {
    rule: `!${EV.cel} || (has(self.contacts) && has(self.contacts.list) && self.contacts.list.exists(c, c.contactType == 'ev_approver'))`,
    message:
      'contacts.list must name an ev_approver for an EV product: DigiCert lets no EV order pass without one; add {contactType: ev_approver, userId: <id>}',
    holds: ({ product, contacts }) =>
      !EV.holds(product) || (contacts?.list ?? []).some(({ contactType }) => contactType === 'ev_approver'),
  },
  {
    rule: `!${WITH_TELEPHONE.cel} || !has(self.contacts) || !has(self.contacts.technical) || has(self.contacts.technical.telephone)`,
    message: 'contacts.technical needs a telephone for this product',
    holds: ({ product, contacts }) =>
      !WITH_TELEPHONE.holds(product) || !contacts?.technical || contacts.technical.telephone !== undefined,
  },
]

const signingRules: readonly Rule[] = [
  {
    rule: `!${SIGNING.cel} || has(self.documentSigning)`,
    message: 'documentSigning is missing: a document signing product needs it',
    holds: ({ product, documentSigning }) => !SIGNING.holds(product) || documentSigning !== undefined,
  },
  {
    rule: `${SIGNING.cel} || !has(self.documentSigning)`,
    message: 'documentSigning cannot be used with this product: it is for document_signing products only',
    holds: ({ product, documentSigning }) => SIGNING.holds(product) || documentSigning === undefined,
  },
  {
    rule: `!${SIGNING.cel} || !(has(self.commonName) || has(self.dnsNames) || has(self.dcv))`,
    message: 'commonName, dnsNames and dcv cannot be used with a document signing product: it certifies a person',
    holds: ({ product, commonName, dnsNames, dcv }) =>
      !SIGNING.holds(product) || [commonName, dnsNames, dcv].every((field) => field === undefined),
  },
  {
    rule: `has(self.secretName) || ${ON_HARDWARE}`,
    message: 'secretName is missing: only what comes on hardware has no Secret',
    holds: (spec) => spec.secretName !== undefined || isOnHardware(spec),
  },
  {
    rule: `!has(self.csrSecretRef) || !${ON_HARDWARE}`,
    message: 'csrSecretRef cannot be used with hardware: only documentSigning.provisioningMethod email takes a CSR',
    holds: (spec) => spec.csrSecretRef === undefined || !isOnHardware(spec),
  },
]

const outputRules: readonly Rule[] = [
  {
    rule: `!(has(self.keystores) || has(self.additionalOutputFormats)) || !(has(self.csrSecretRef) || ${ON_HARDWARE})`,
    message:
      'keystores and additionalOutputFormats cannot be used with csrSecretRef or hardware: the private key is not in the cluster',
    holds: (spec) =>
      (spec.keystores === undefined && spec.additionalOutputFormats === undefined) ||
      !(spec.csrSecretRef !== undefined || isOnHardware(spec)),
  },
  {
    rule: '!has(self.secretTemplate) || has(self.secretName)',
    message: 'secretTemplate needs secretName: without a Secret there is nothing to put it on',
    holds: ({ secretTemplate, secretName }) => secretTemplate === undefined || secretName !== undefined,
  },
]

const ofProduct: readonly Rule[] = [
  {
    rule: `!has(self.payment) || !has(self.payment.method) || self.payment.method != 'card' || (has(self.payment.creditCardSecretRef) && has(self.payment.billingAddress)) || (${WITHOUT_CARD_DATA.cel} && !has(self.payment.creditCardSecretRef))`,
    message:
      'payment.method card needs payment.creditCardSecretRef and payment.billingAddress for this product: its order page asks for the card',
    holds: ({ product, payment }) =>
      payment?.method !== 'card' ||
      (payment.creditCardSecretRef !== undefined && payment.billingAddress !== undefined) ||
      (WITHOUT_CARD_DATA.holds(product) && payment.creditCardSecretRef === undefined),
  },
  {
    rule: `!${ONLY_SHA256.cel} || self.signatureHash == 'sha256'`,
    message: 'signatureHash must be sha256 for this product',
    holds: ({ product, signatureHash }) => !ONLY_SHA256.holds(product) || signatureHash === 'sha256',
  },
  {
    rule: `!${WITHOUT_PLAN.cel} || !has(self.reissue) || !has(self.reissue.by) || self.reissue.by != 'DigiCert'`,
    message: 'reissue.by cannot be DigiCert for this product: DigiCert reissues automatically in Multi-year Plans only',
    holds: ({ product, reissue }) => !WITHOUT_PLAN.holds(product) || reissue?.by !== 'DigiCert',
  },
  {
    rule: `!has(self.renewal) || !has(self.renewal.byDigiCert) || !self.renewal.byDigiCert || !(${SIGNING.cel} || (has(self.payment) && has(self.payment.method) && self.payment.method == 'card'))`,
    message:
      'renewal.byDigiCert cannot be used with document signing or payment by card: DigiCert does not renew those itself',
    holds: ({ product, renewal, payment }) =>
      renewal?.byDigiCert !== true || !(SIGNING.holds(product) || payment?.method === 'card'),
  },
  {
    rule: 'has(self.csrSecretRef) == has(oldSelf.csrSecretRef)',
    message:
      'csrSecretRef cannot be added or taken away: the type of the Secret depends on it; make a new DigiCertOrder under another name',
    holds: () => true,
  },
]

const within = ({ years, days }: Longest, given: Validity | undefined): boolean =>
  (given?.years ?? 0) <= years && (given?.days ?? 0) <= days

/** The same in CEL, of a field of the spec that is there. */
const withinInCel = (field: string, { years, days }: Longest): string =>
  `((!has(self.${field}.years) || self.${field}.years <= ${years}) && (!has(self.${field}.days) || self.${field}.days <= ${days}))`

type Bound = 'order' | 'certificate'

const longestOf = (product: string, bound: Bound): Longest | undefined => {
  const longest = rulesOf(product)[bound]
  return longest === 'none' ? undefined : longest
}

/** One rule for each length that the table has and the schema does not. */
const lengthRules = (bound: Bound, field: 'orderValidity' | 'certificateValidity', most: Longest): Rule[] => {
  const lengths = Object.keys(PRODUCTS).flatMap((product) => longestOf(product, bound) ?? [])
  const shorter = [...new Map(lengths.map((length) => [length.days, length])).values()]
  return shorter
    .filter(({ days }) => days < most.days)
    .map((longest) => {
      const products = productWith((rules) => rules[bound] !== 'none' && rules[bound]?.days === longest.days)
      const { years, days } = longest
      return {
        rule: `!${products.cel} || !has(self.${field}) || ${withinInCel(field, longest)}`,
        message: `${field} must be at most ${years === 1 ? '1 year' : `${years} years`} or ${days} days for this product`,
        holds: (spec) => !products.holds(spec.product) || within(longest, spec[field]),
      }
    })
}

/** Longest order and certificate of any product, which the schema holds to. */
export const MOST = { order: { years: 3, days: 1096 }, certificate: { years: 2, days: 825 } } as const

const validityRules: readonly Rule[] = [
  {
    rule: `!${IN_YEARS.cel} || has(self.orderValidity.years)`,
    message: 'orderValidity must be given in years for a document signing product',
    holds: ({ product, orderValidity }) => !IN_YEARS.holds(product) || orderValidity.years !== undefined,
  },
  {
    rule: `!${WITHOUT_CERTIFICATE_VALIDITY.cel} || !has(self.certificateValidity)`,
    message: 'certificateValidity cannot be used with this product: its certificate lasts as long as the order',
    holds: ({ product, certificateValidity }) =>
      !WITHOUT_CERTIFICATE_VALIDITY.holds(product) || certificateValidity === undefined,
  },
  ...lengthRules('order', 'orderValidity', MOST.order),
  ...lengthRules('certificate', 'certificateValidity', MOST.certificate),
  {
    rule: '!has(self.certificateValidity) || !((has(self.certificateValidity.years) && has(self.orderValidity.years) && self.certificateValidity.years > self.orderValidity.years) || (has(self.certificateValidity.days) && has(self.orderValidity.days) && self.certificateValidity.days > self.orderValidity.days) || (has(self.certificateValidity.days) && has(self.orderValidity.years) && self.certificateValidity.days > self.orderValidity.years * 366) || (has(self.certificateValidity.expiresOn) && has(self.orderValidity.expiresOn) && self.certificateValidity.expiresOn > self.orderValidity.expiresOn))',
    message: 'certificateValidity must not be longer than orderValidity',
    holds: ({ certificateValidity, orderValidity }) => !isLonger(certificateValidity, orderValidity),
  },
]

function isLonger(certificate: Validity | undefined, order: Validity): boolean {
  const { years, days, expiresOn } = certificate ?? {}
  const exceeds = <T extends number | string>(a: T | undefined, b: T | undefined): boolean =>
    a !== undefined && b !== undefined && a > b
  const orderDays = order.days ?? (order.years === undefined ? undefined : order.years * 366)
  return exceeds(years, order.years) || exceeds(days, orderDays) || exceeds(expiresOn, order.expiresOn)
}

const DAY = 86_400_000

/** Shortest length of a plan, in milliseconds; `undefined` where the spec names its last day. */
const lengthOf = ({ years, days }: Validity): number | undefined => {
  if (years === undefined) return days === undefined ? undefined : days * DAY
  return years * 365 * DAY
}

/** Seconds of a length of time such as 33d or 1h30m0s, in CEL. */
const secondsInCel = (field: string): string =>
  `${field}.findAll('[0-9]+[dhms]').map(part, int(part.substring(0, part.size() - 1)) * (part.endsWith('d') ? 86400 : (part.endsWith('h') ? 3600 : (part.endsWith('m') ? 60 : 1)))).sum()`

/** Public suffixes under countries, below which domains are registered; where a country has others, nothing is known. */
const SUFFIXES = [
  '(co|org|me|ltd|plc|net|sch|ac|gov)[.]uk',
  '(com|net|org|edu|gov|id|asn)[.]au',
  '(co|net|org|ac|govt|school)[.]nz',
  '(co|ne|or|ac|go|ad|ed|gr|lg)[.]jp',
  '(co|ne|or|re|pe|go|ac)[.]kr',
  '(com|net|org|edu|gov)[.](br|cn|tw|hk|sg|my|ph|vn|pl|ua|tr|ar|mx|co|eg|sa|pk)',
  '(co|org|net|ac|gov|web)[.](za|in|il|id|th)',
].join('|')

/**
 * What no base domain is, in small letters: a wildcard, more than two labels below a generic top-level domain, and of a known
 * public suffix that itself or more than one label below it. For RE2 and JavaScript.
 */
const NO_BASE_DOMAIN = `^[*]|[.][^.]+[.][a-z]{3,63}$|(^|[.][^.]+[.])(${SUFFIXES})$`

const NOT_A_BASE_DOMAIN = new RegExp(NO_BASE_DOMAIN)

/** What has no sense of a purchase to come. The API server refuses it; what is bought already goes on in spite of it. */
export const PURCHASE_RULES: readonly Rule[] = [
  {
    rule: `!has(self.dcv) || !has(self.dcv.emails) || self.dcv.emails.all(m, !m.emailDomain.lowerAscii().matches('${NO_BASE_DOMAIN}'))`,
    message:
      'dcv.emails: each emailDomain must be the base domain of its dnsName, such as example.com for www.shop.example.com',
    holds: ({ dcv }) =>
      (dcv?.emails ?? []).every(({ emailDomain }) => !NOT_A_BASE_DOMAIN.test(emailDomain.toLowerCase())),
  },
  {
    rule: "!has(self.documentSigning) || !has(self.documentSigning.provisioningMethod) || self.documentSigning.provisioningMethod != 'ship_token' || has(self.documentSigning.shipInfo)",
    message: 'documentSigning.shipInfo is missing: provisioningMethod ship_token has a token sent to that address',
    holds: ({ documentSigning }) =>
      documentSigning?.provisioningMethod !== 'ship_token' || documentSigning.shipInfo !== undefined,
  },
  {
    rule: `!has(self.renewal) || !has(self.renewal.before) || !(has(self.orderValidity.years) || has(self.orderValidity.days)) || ${secondsInCel('self.renewal.before')} < (has(self.orderValidity.years) ? self.orderValidity.years * 31536000 : self.orderValidity.days * 86400)`,
    message:
      'renewal.before must be shorter than orderValidity: a plan would be due for renewal, and paid for again, the moment it is bought',
    holds: ({ renewal, orderValidity }) => {
      const length = lengthOf(orderValidity)
      return renewal?.before === undefined || length === undefined || milliseconds(renewal.before) < length
    },
  },
  {
    rule: "!has(self.orderValidity.days) || self.orderValidity.days >= 3 || (has(self.renewal) && ((has(self.renewal.policy) && self.renewal.policy == 'Never') || (has(self.renewal.byDigiCert) && self.renewal.byDigiCert)))",
    message:
      'orderValidity of less than 3 days cannot be renewed by the operator: take 3 days or more, or set renewal.policy to Never',
    holds: ({ renewal, orderValidity }) =>
      (orderValidity.days ?? 3) >= 3 || renewal?.policy === 'Never' || renewal?.byDigiCert === true,
  },
]

/** Rules that look at several fields of the spec; the messages begin with the field that a person can correct. */
export const SPEC_RULES: readonly Rule[] = [
  ...peopleRules,
  ...nameRules,
  ...proofRules,
  ...signingRules,
  ...outputRules,
  ...ofProduct,
  ...validityRules,
]
