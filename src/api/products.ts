/** What CertCentral checks before it issues: the domain, the organization, or the organization at length. */
export type ValidationType = 'dv' | 'ov' | 'ev'

/** Rules of one product, as data: whatever differs between products is a column here, never a branch elsewhere. */
export type ProductRules = {
  readonly validation: ValidationType | 'unknown'
  /** Where the length of the order stands: in `order_validity`, or in the top-level fields of seeds/ page 002. */
  readonly validityForm: 'object' | 'top-level'
  /** Whether names may be wildcards; `only` where the common name must be one. */
  readonly wildcard: 'no' | 'yes' | 'only'
  /** Whether `signature_hash` is a field of the product's page. */
  readonly signatureHash: 'sent' | 'absent'
}

/** Which page of seeds/ tells the form of the request: 002, the others, or both. */
type Form = 'plan' | 'page-002' | 'both'

const product = (
  validation: ProductRules['validation'],
  wildcard: ProductRules['wildcard'],
  form: Form = 'plan',
): ProductRules => ({
  validation,
  wildcard,
  validityForm: form === 'plan' ? 'object' : 'top-level',
  signatureHash: form === 'page-002' ? 'absent' : 'sent',
})

/**
 * The products of the order pages (seeds/ 000 to 003). Two stand on page 001 and on page 002; they take the length in
 * the form of page 002, which page 001 accepts as well, and the hash that page 001 demands.
 */
const PRODUCTS: Readonly<Record<string, ProductRules>> = {
  ssl_basic: product('ov', 'yes'),
  ssl_ev_basic: product('ev', 'no'),
  ssl_securesite_flex: product('ov', 'yes'),
  ssl_ev_securesite_flex: product('ev', 'no'),
  ssl_securesite_pro: product('ov', 'yes'),
  ssl_ev_securesite_pro: product('ev', 'no'),
  ssl_thawte_webserver: product('ov', 'yes'),
  ssl_ev_thawte_webserver: product('ev', 'no'),
  ssl_geotrust_truebizid: product('ov', 'yes'),
  ssl_ev_geotrust_truebizid: product('ev', 'no'),
  ssl_dv_thawte: product('dv', 'yes'),
  ssl_dv_geotrust_flex: product('dv', 'yes'),
  ssl_dv_geotrust: product('dv', 'no', 'page-002'),
  ssl_dv_rapidssl: product('dv', 'no', 'both'),
  wildcard_dv_geotrust: product('dv', 'only', 'page-002'),
  wildcard_dv_rapidssl: product('dv', 'only', 'both'),
  cloud_dv_geotrust: product('dv', 'yes', 'page-002'),
}

const ANY_TLS = product('unknown', 'yes')

/** The rules of a product id; an id that is not in the table passes under the generic TLS rules. */
export const rulesOf = (productId: string): ProductRules =>
  Object.hasOwn(PRODUCTS, productId) ? (PRODUCTS[productId] ?? ANY_TLS) : ANY_TLS
