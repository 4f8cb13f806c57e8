import type { Product } from '../products.ts'

type Page = Product['page']

/** Fields that every page has. */
const common = `certificate custom_fields comments container skip_approval payment_method`
const renewal = `renewal_of_order_id renewed_thumbprint auto_renew custom_renewal_message
  disable_renewal_notifications locale disable_ct dcv_method`
const paying = `credit_card billing_address vat_number organization organization_contact alternative_order_id
  enable_guest_access order_validity validity_years`
const topLevel = `validity_years validity_days custom_expiration_date`

/** The top-level fields of each page (docs/reference.md#fields-of-certcentral). */
const fields: Readonly<Record<Page, string>> = {
  'securesite-pro': `${common} ${renewal} ${paying} custom_expiration_date auto_reissue additional_emails
    server_licenses apply_cr_discount serial_number certificate_dcv_scope technical_contact`,
  'multi-year': `${common} ${renewal} ${topLevel} order_validity additional_emails organization`,
  'old-dv': `${common} ${renewal} ${topLevel} dcv_emails technical_contact`,
  'geotrust-flex': `${common} ${renewal} ${topLevel} order_validity alternative_order_id auto_reissue additional_emails
    apply_cr_discount serial_number enable_guest_access dcv_emails use_auth_key technical_contact`,
  'document-signing': `${common} ${paying} user_id_assignments cs_provisioning_method use_org_as_common_name ship_info
    subject csa_agreed_to technical_contact`,
}

/** Whether a page has a top-level field. */
function isOnPage(page: Page, field: string): boolean {
  return fields[page].split(/\s+/).includes(field)
}

/** The fields of a request that its page does not have. Most are taken all the same; the journal names them. */
export function fieldsOffPage(page: Page, body: object): string[] {
  return Object.keys(body).filter((field) => !isOnPage(page, field))
}
