import { type PageId, isDocumented } from './pages.ts'

/** What CertCentral checks before it issues: the domain, the organization, the organization at length, or a signer. */
export type ValidationType = 'dv' | 'ov' | 'ev' | 'ds'

/** The longest that may be asked for, in either unit. */
export type Longest = { readonly years: number; readonly days: number }

/** Rules of one product, as data: whatever differs between products is a column here, never a branch elsewhere. */
export type ProductRules = {
  /** The order pages that describe the product, which say what fields it has; none where no page is known. */
  readonly pages: readonly PageId[]
  readonly validation: ValidationType | 'unknown'
  /** Whether names may be wildcards; `only` where the common name must be one. */
  readonly wildcard: 'no' | 'yes' | 'only'
  /** Where the length of the order stands: in `order_validity`, or in the top-level fields of page 002. */
  readonly validityForm: 'object' | 'top-level'
  /** The longest order, where it is shorter than three years. */
  readonly order?: Longest
  /** In what the length of an order is given. */
  readonly orderUnit: 'any' | 'years'
  /** The longest certificate that may be asked for; `none` where the page has no `cert_validity`. */
  readonly certificate: Longest | 'none'
  /** Whether `signature_hash` is a field of the product's page. */
  readonly signatureHash: 'sent' | 'absent'
  readonly hashes: 'all' | 'sha256'
  /** Whether `dcv_method` is a field of the page, and must be given. */
  readonly dcvMethod: 'required' | 'optional' | 'absent'
  /** Whether a technical contact must have a telephone number. */
  readonly telephone: 'required' | 'optional'
  /** Whether Multi-year Plans are sold, and with them reissues by DigiCert (`auto_reissue`). */
  readonly plan: 'yes' | 'no'
}

const THE_LONGEST_CERTIFICATE: Longest = { years: 2, days: 825 }
const ONE_YEAR: Longest = { years: 1, days: 397 }

/** Any product that is not in the table. */
const ANY: ProductRules = {
  pages: [],
  validation: 'unknown',
  wildcard: 'yes',
  validityForm: 'object',
  orderUnit: 'any',
  certificate: THE_LONGEST_CERTIFICATE,
  signatureHash: 'sent',
  hashes: 'all',
  dcvMethod: 'optional',
  telephone: 'optional',
  plan: 'yes',
}

/** Page 000, "Order Secure Site Pro SSL" (docs/certcentral.md#the-order-pages); page 001 lists the product as well. */
const PAGE_000: ProductRules = { ...ANY, pages: ['000', '001'], validation: 'ov', certificate: ONE_YEAR }

/** Page 001, "Order Multi-year Plan". */
const plan = (validation: ValidationType, wildcard: ProductRules['wildcard'] = 'yes'): ProductRules => ({
  ...ANY,
  pages: ['001'],
  validation,
  wildcard,
})

/** Page 002, "Order DV SSL". */
const oldDv = (wildcard: ProductRules['wildcard']): ProductRules => ({
  ...ANY,
  pages: ['002'],
  validation: 'dv',
  wildcard,
  validityForm: 'top-level',
  order: { years: 2, days: 824 },
  certificate: 'none',
  signatureHash: 'absent',
  hashes: 'sha256',
  dcvMethod: 'required',
  telephone: 'required',
  plan: 'no',
})

/**
 * Two products stand on page 001 and on page 002; they take the length in the form of page 002, which page 001 accepts
 * as well, and the hash and the longest plan of page 001 (ADR 0009).
 */
const onBothPages = (wildcard: ProductRules['wildcard']): ProductRules => ({
  ...plan('dv', wildcard),
  pages: ['001', '002'],
  validityForm: 'top-level',
  dcvMethod: 'required',
  telephone: 'required',
})

/** Page 003, "Order GeoTrust DV SSL", and its stricter limits; page 001 lists the product as well. */
const PAGE_003: ProductRules = {
  ...ANY,
  pages: ['001', '003'],
  validation: 'dv',
  certificate: ONE_YEAR,
  hashes: 'sha256',
  telephone: 'required',
}

/** Page 004, "Order document signing certificate". */
const PAGE_004: ProductRules = {
  ...ANY,
  pages: ['004'],
  validation: 'ds',
  wildcard: 'no',
  orderUnit: 'years',
  certificate: 'none',
  dcvMethod: 'absent',
  plan: 'no',
}

/** The products of the order pages (`pages.ts`). */
export const PRODUCTS: Readonly<Record<string, ProductRules>> = {
  ssl_basic: plan('ov'),
  ssl_ev_basic: plan('ev', 'no'),
  ssl_securesite_flex: plan('ov'),
  ssl_ev_securesite_flex: plan('ev', 'no'),
  ssl_securesite_pro: PAGE_000,
  ssl_ev_securesite_pro: plan('ev', 'no'),
  ssl_thawte_webserver: plan('ov'),
  ssl_ev_thawte_webserver: plan('ev', 'no'),
  ssl_geotrust_truebizid: plan('ov'),
  ssl_ev_geotrust_truebizid: plan('ev', 'no'),
  ssl_dv_thawte: plan('dv'),
  ssl_dv_geotrust_flex: PAGE_003,
  ssl_dv_geotrust: oldDv('no'),
  ssl_dv_rapidssl: onBothPages('no'),
  wildcard_dv_geotrust: oldDv('only'),
  wildcard_dv_rapidssl: onBothPages('only'),
  cloud_dv_geotrust: oldDv('yes'),
  document_signing_org_1: PAGE_004,
  document_signing_org_2: PAGE_004,
}

/**
 * What the beginning of an id shows of a product that is not in the table. Page 004 describes its whole group; of the others
 * no page is known.
 */
const FAMILIES: readonly (readonly [prefix: string, rules: ProductRules])[] = [
  ['document_signing_', PAGE_004],
  ['ssl_ev_', { ...ANY, validation: 'ev', wildcard: 'no' }],
  ['ssl_dv_', { ...ANY, validation: 'dv' }],
  ['cloud_dv_', { ...ANY, validation: 'dv' }],
  ['wildcard_dv_', { ...ANY, validation: 'dv', wildcard: 'only' }],
  ['wildcard_', { ...ANY, wildcard: 'only' }],
]

/** The rules of a product id; an id that is not in the table passes under those of its family, or the generic TLS rules. */
export const rulesOf = (productId: string): ProductRules => {
  const listed = Object.hasOwn(PRODUCTS, productId) ? PRODUCTS[productId] : undefined
  return listed ?? FAMILIES.find(([prefix]) => productId.startsWith(prefix))?.[1] ?? ANY
}

/** Whether the page of a product has `alternative_order_id`; on pages 001 and 002 nothing is known of it. */
export const documentsAlternativeId = (productId: string): boolean =>
  isDocumented(rulesOf(productId).pages, 'alternative_order_id')

/** A question about a product: in CEL, about `self.product`, and in TypeScript. */
export type ProductTest = { readonly cel: string; readonly holds: (productId: string) => boolean }

/**
 * Asks the table, so that CEL and TypeScript cannot differ.
 *
 * @throws where the question cannot be put in a list of ids and prefixes: the generator must fail then
 */
export const productWith = (question: (rules: ProductRules) => boolean): ProductTest => {
  const answering = FAMILIES.filter(([, rules]) => question(rules)).map(([prefix]) => prefix)
  const families = answering.filter((one) => !answering.some((other) => other !== one && one.startsWith(other)))
  const isCovered = (id: string): boolean => families.some((prefix) => id.startsWith(prefix))
  const listed = Object.entries(PRODUCTS)
  const contradicting = [...listed, ...FAMILIES]
    .filter(([id, rules]) => isCovered(id) && !question(rules))
    .map(([id]) => id)
  if (question(ANY) || contradicting.length > 0)
    throw new Error(`no list of products answers this question (${contradicting.join(', ')})`)
  const ids = listed.filter(([id, rules]) => question(rules) && !isCovered(id)).map(([id]) => `'${id}'`)
  const parts = [
    ...families.map((prefix) => `self.product.startsWith('${prefix}')`),
    ...(ids.length > 0 ? [`self.product in [${ids.join(', ')}]`] : []),
  ]
  return { cel: `(${parts.join(' || ')})`, holds: (id) => question(rulesOf(id)) }
}
