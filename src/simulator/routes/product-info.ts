import type { Product } from '../products.ts'

const kinds = {
  dv: { type: 'dv_ssl_certificate', description: 'Domain validation' },
  ov: { type: 'ssl_certificate', description: 'Normal organization validation' },
  ev: { type: 'ssl_certificate', description: 'Extended organization validation' },
  ds: { type: 'document_signing_certificate', description: 'Document signing validation' },
}

const hashIds = { sha256: 4, sha384: 5, sha512: 6 }

/** The product inside order info. */
export function productSummary(product: Product): Record<string, unknown> {
  const { type, description } = kinds[product.validation]
  return {
    name_id: product.nameId,
    name: product.name,
    type,
    validation_type: product.validation,
    validation_name: product.validation.toUpperCase(),
    validation_description: description,
  }
}

/** The product as `GET /product` lists it, by DigiCert's page "Product list". */
export function productEntry(product: Product, planCapYears: number): Record<string, unknown> {
  const years = Array.from({ length: product.multiYearPlan ? planCapYears : 1 }, (_, index) => index + 1)
  return {
    group_name: kinds[product.validation].type,
    ...productSummary(product),
    allowed_container_ids: [],
    allowed_validity_years: [1],
    allowed_order_validity_years: years,
    signature_hash_types: {
      allowed_hash_types: product.hashes.map((id) => ({ id, name: id.toUpperCase(), value: hashIds[id] })),
      default_hash_type_id: 'sha256',
    },
    allowed_ca_certs: product.issuers.map((id) => ({ id, name: 'Simulated TLS ECC SHA256 2026 CA1' })),
    csr_required: product.validation !== 'ds',
  }
}

/** The product as `GET /product/{name_id}` shows it. */
export function productDetails(product: Product, planCapYears: number): Record<string, unknown> {
  return {
    ...productEntry(product, planCapYears),
    duplicates_allowed: product.validation !== 'ds',
    allow_auto_renew: product.validation !== 'ds',
    allow_auto_reissue: product.multiYearPlan,
    custom_expiration_date_allowed: true,
    server_platforms: [
      { id: 2, name: 'Apache' },
      { id: 45, name: 'nginx' },
      { id: -1, name: 'OTHER' },
    ],
    license_agreement: '',
  }
}
