/** A public page of DigiCert's documentation of the Services API that describes how some products are ordered. */
export type OrderPage = {
  readonly title: string
  readonly endpoint: string
  readonly products: readonly string[]
  /** Every row of its table of request parameters, in its order, with dots for nesting. */
  readonly fields: readonly string[]
}

const words = (text: string): string[] => text.trim().split(/\s+/)

const ORDERS = 'https://www.digicert.com/services/v2/order/certificate'

/**
 * The five order pages, by the number that this repository gives them. What a page names in prose only, such as the details
 * of a new organization, has no row.
 */
export const ORDER_PAGES = {
  '000': {
    title: 'Order Secure Site Pro SSL',
    endpoint: `${ORDERS}/ssl_securesite_pro`,
    products: words(`
      ssl_securesite_pro
    `),
    fields: words(`
      certificate certificate.common_name certificate.dns_names certificate.csr certificate.signature_hash
      certificate.organization_units certificate.server_platform certificate.server_platform.id
      certificate.cert_validity certificate.cert_validity.years certificate.cert_validity.days
      certificate.cert_validity.custom_expiration_date certificate.profile_option certificate.ca_cert_id
      renewed_thumbprint order_validity order_validity.years order_validity.days
      order_validity.custom_expiration_date validity_years custom_expiration_date comments apply_cr_discount
      serial_number auto_renew auto_reissue custom_renewal_message disable_renewal_notifications
      additional_emails locale server_licenses renewal_of_order_id payment_method credit_card credit_card.number
      credit_card.expiration_month credit_card.expiration_year credit_card.cvv credit_card.cardholder_name
      billing_address billing_address.address billing_address.address2 billing_address.city
      billing_address.state billing_address.country billing_address.zip vat_number dcv_method skip_approval
      disable_ct organization_contact organization_contact.first_name organization_contact.last_name
      organization_contact.email organization_contact.job_title organization_contact.telephone
      organization_contact.telephone_extension technical_contact technical_contact.first_name
      technical_contact.last_name technical_contact.email technical_contact.job_title
      technical_contact.telephone technical_contact.telephone_extension organization organization.id
      organization.skip_duplicate_org_check organization.contacts organization.contacts.contact_type
      organization.contacts.user_id organization.contacts.first_name organization.contacts.last_name
      organization.contacts.job_title organization.contacts.telephone organization.contacts.email container
      container.id custom_fields custom_fields.metadata_id custom_fields.value alternative_order_id
      enable_guest_access certificate_dcv_scope
    `),
  },
  '001': {
    title: 'Order Multi-year Plan',
    endpoint: `${ORDERS}/{{product_id}}`,
    products: words(`
      ssl_basic ssl_ev_basic ssl_securesite_flex ssl_ev_securesite_flex ssl_securesite_pro ssl_ev_securesite_pro
      ssl_dv_thawte ssl_thawte_webserver ssl_ev_thawte_webserver ssl_dv_geotrust_flex ssl_geotrust_truebizid
      ssl_ev_geotrust_truebizid ssl_dv_rapidssl wildcard_dv_rapidssl
    `),
    fields: words(`
      certificate certificate.common_name certificate.dns_names certificate.csr certificate.signature_hash
      certificate.organization_units certificate.server_platform certificate.server_platform.id
      certificate.cert_validity certificate.cert_validity.years certificate.cert_validity.days
      certificate.cert_validity.custom_expiration_date certificate.profile_option renewed_thumbprint
      order_validity order_validity.years order_validity.days order_validity.custom_expiration_date
      validity_years validity_days custom_expiration_date comments auto_renew custom_renewal_message
      disable_renewal_notifications additional_emails locale renewal_of_order_id payment_method dcv_method
      skip_approval disable_ct organization organization.id organization.skip_duplicate_org_check
      organization.contacts organization.contacts.contact_type organization.contacts.user_id
      organization.contacts.first_name organization.contacts.last_name organization.contacts.job_title
      organization.contacts.telephone organization.contacts.email container container.id custom_fields
      custom_fields.metadata_id custom_fields.value
    `),
  },
  '002': {
    title: 'Order DV SSL',
    endpoint: `${ORDERS}/{{dv_ssl_certificate_id}}`,
    products: words(`
      ssl_dv_geotrust ssl_dv_rapidssl wildcard_dv_geotrust wildcard_dv_rapidssl cloud_dv_geotrust
    `),
    fields: words(`
      certificate certificate.common_name certificate.dns_names certificate.csr certificate.organization_units
      certificate.server_platform certificate.server_platform.id renewed_thumbprint validity_years validity_days
      custom_expiration_date comments auto_renew custom_renewal_message disable_renewal_notifications
      renewal_of_order_id payment_method dcv_method dcv_emails dcv_emails.dns_name dcv_emails.email_domain
      dcv_emails.email locale skip_approval disable_ct container container.id custom_fields
      custom_fields.metadata_id custom_fields.value technical_contact technical_contact.first_name
      technical_contact.last_name technical_contact.telephone technical_contact.job_title
      technical_contact.email
    `),
  },
  '003': {
    title: 'Order GeoTrust DV SSL',
    endpoint: `${ORDERS}/ssl_dv_geotrust_flex`,
    products: words(`
      ssl_dv_geotrust_flex
    `),
    fields: words(`
      certificate certificate.common_name certificate.dns_names certificate.csr certificate.signature_hash
      certificate.organization_units certificate.server_platform certificate.server_platform.id
      certificate.cert_validity certificate.cert_validity.years certificate.cert_validity.days
      certificate.cert_validity.custom_expiration_date certificate.ca_cert_id renewed_thumbprint order_validity
      order_validity.years order_validity.days order_validity.custom_expiration_date validity_years
      validity_days custom_expiration_date comments apply_cr_discount serial_number auto_renew auto_reissue
      custom_renewal_message disable_renewal_notifications additional_emails renewal_of_order_id payment_method
      dcv_method dcv_emails dcv_emails.dns_name dcv_emails.email_domain dcv_emails.email locale skip_approval
      disable_ct container container.id custom_fields custom_fields.metadata_id custom_fields.value
      technical_contact technical_contact.first_name technical_contact.last_name technical_contact.telephone
      technical_contact.job_title technical_contact.email alternative_order_id enable_guest_access use_auth_key
    `),
  },
  '004': {
    title: 'Order document signing certificate',
    endpoint: `${ORDERS}/{{document_certificate_id}}`,
    products: words(`
      document_signing_org_1 document_signing_org_2
    `),
    fields: words(`
      certificate certificate.csr certificate.server_platform certificate.server_platform.id
      certificate.signature_hash cs_provisioning_method use_org_as_common_name order_validity
      order_validity.years validity_years comments organization_contact organization_contact.first_name
      organization_contact.last_name organization_contact.email organization_contact.job_title
      organization_contact.telephone organization_contact.telephone_extension technical_contact
      technical_contact.first_name technical_contact.last_name technical_contact.email
      technical_contact.job_title technical_contact.telephone technical_contact.telephone_extension organization
      organization.id organization.contacts organization.skip_duplicate_org_check container container.id
      ship_info ship_info.name ship_info.addr1 ship_info.addr2 ship_info.city ship_info.state ship_info.zip
      ship_info.country ship_info.method subject subject.name subject.job_title subject.phone subject.email
      custom_fields custom_fields.metadata_id custom_fields.value user_id_assignments skip_approval
      payment_method credit_card credit_card.number credit_card.expiration_month credit_card.expiration_year
      credit_card.cvv credit_card.cardholder_name billing_address billing_address.address
      billing_address.address2 billing_address.city billing_address.state billing_address.country
      billing_address.zip vat_number alternative_order_id enable_guest_access
    `),
  },
} as const satisfies Record<string, OrderPage>

/** Number of an order page. */
export type PageId = keyof typeof ORDER_PAGES

/** What pages describe in prose: the details of a new organization, and the contacts of one. */
const IN_PROSE = ['organization']

const onPage = ({ fields }: OrderPage, field: string): boolean =>
  fields.includes(field) || IN_PROSE.some((parent) => fields.includes(parent) && field.startsWith(`${parent}.`))

/** Whether one of the pages documents a field of a request. */
export const isDocumented = (pages: readonly PageId[], field: string): boolean =>
  pages.some((page) => onPage(ORDER_PAGES[page], field))

/** Whether the pages of a product are known, and none of them documents a field. Of other products nothing is known. */
export const isOffPage = (pages: readonly PageId[], field: string): boolean =>
  pages.length > 0 && !isDocumented(pages, field)
