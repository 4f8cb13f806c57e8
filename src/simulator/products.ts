import { z } from 'zod'

/** What the simulator knows of a product; more may be added by the settings. */
export const productSchema = z.object({
  nameId: z.string().min(1),
  name: z.string().default('A product of the settings'),
  /** Which page's field rules apply: 000 to 004 of docs/certcentral.md#the-order-pages. */
  page: z.enum(['securesite-pro', 'multi-year', 'old-dv', 'geotrust-flex', 'document-signing']).default('multi-year'),
  validation: z.enum(['dv', 'ov', 'ev', 'ds']).default('ov'),
  /** Wildcards: `allowed` anywhere, `required` as the common name, or `none`. */
  wildcard: z.enum(['none', 'allowed', 'required']).default('allowed'),
  multiYearPlan: z.boolean().default(true),
  hashes: z
    .array(z.enum(['sha256', 'sha384', 'sha512']))
    .min(1)
    .default(['sha256', 'sha384', 'sha512']),
  /** Ids of the intermediates that may be asked for. */
  issuers: z.array(z.string()).default([]),
})

/** A product of the catalogue. */
export type Product = z.infer<typeof productSchema>

const allHashes: Product['hashes'] = ['sha256', 'sha384', 'sha512']
const issuers = ['DF3689F672CCB90C']

function plan(nameId: string, name: string, validation: 'dv' | 'ov' | 'ev', wildcard: Product['wildcard']): Product {
  return { nameId, name, page: 'multi-year', validation, wildcard, multiYearPlan: true, hashes: allHashes, issuers }
}

function oldDv(nameId: string, name: string, wildcard: Product['wildcard']): Product {
  return { nameId, name, page: 'old-dv', validation: 'dv', wildcard, multiYearPlan: false, hashes: allHashes, issuers }
}

function documentSigning(nameId: string, name: string): Product {
  const fields = { page: 'document-signing', validation: 'ds', wildcard: 'none', multiYearPlan: false } as const
  return { nameId, name, ...fields, hashes: allHashes, issuers: [] }
}

/** The products that the five seed pages name. */
export const seedProducts: readonly Product[] = [
  { ...plan('ssl_securesite_pro', 'Secure Site Pro SSL', 'ov', 'allowed'), page: 'securesite-pro' },
  plan('ssl_basic', 'Basic OV', 'ov', 'allowed'),
  plan('ssl_ev_basic', 'Basic EV', 'ev', 'none'),
  plan('ssl_securesite_flex', 'Secure Site OV', 'ov', 'allowed'),
  plan('ssl_ev_securesite_flex', 'Secure Site EV', 'ev', 'none'),
  plan('ssl_ev_securesite_pro', 'Secure Site Pro EV SSL', 'ev', 'none'),
  plan('ssl_dv_thawte', 'Thawte SSL 123 DV', 'dv', 'allowed'),
  plan('ssl_thawte_webserver', 'Thawte SSL Webserver OV', 'ov', 'allowed'),
  plan('ssl_ev_thawte_webserver', 'Thawte SSL Webserver EV', 'ev', 'none'),
  {
    ...plan('ssl_dv_geotrust_flex', 'GeoTrust DV SSL', 'dv', 'allowed'),
    page: 'geotrust-flex',
    hashes: ['sha256'],
  },
  plan('ssl_geotrust_truebizid', 'GeoTrust TrueBusiness ID OV', 'ov', 'allowed'),
  plan('ssl_ev_geotrust_truebizid', 'GeoTrust TrueBusiness ID EV', 'ev', 'none'),
  plan('ssl_dv_rapidssl', 'RapidSSL Standard DV SSL Certificate', 'dv', 'none'),
  plan('wildcard_dv_rapidssl', 'RapidSSL Wildcard DV SSL Certificate', 'dv', 'required'),
  oldDv('ssl_dv_geotrust', 'GeoTrust Standard DV SSL Certificate', 'none'),
  oldDv('wildcard_dv_geotrust', 'GeoTrust Wildcard DV SSL Certificate', 'required'),
  oldDv('cloud_dv_geotrust', 'GeoTrust Cloud DV', 'allowed'),
  documentSigning('document_signing_org_1', 'Document Signing, Organization (2000)'),
  documentSigning('document_signing_org_2', 'Document Signing, Organization (5000)'),
]
