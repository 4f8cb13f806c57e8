import { day, isoDate, isoTime } from '../dates.ts'
import { forgetsId } from '../orders/alternative-id.ts'
import type { ApprovalRequest, Certificate, Order } from '../orders/model.ts'
import { isOpen } from '../orders/requests.ts'
import { organizationOf } from '../orders/validation.ts'
import type { World } from '../world.ts'
import { productSummary } from './product-info.ts'

/** The certificate that order info calls the order's: the issued one, or the one on its way. */
export function primaryCertificate(order: Order): Certificate | undefined {
  return order.current ?? order.certificates[0]
}

/** Order info (docs/certcentral.md#order-info). */
export function orderInfo(world: World, order: Order): Record<string, unknown> {
  return {
    id: order.id,
    certificate: certificateInfo(world, order),
    status: order.status,
    ...renewalInfo(world, order),
    ...(isPlan(world, order) ? { is_multi_year_plan: '1' } : {}),
    date_created: isoTime(order.createdAt),
    ...planDays(world, order),
    ...validityEcho(order),
    ...organizationInfo(world, order),
    product: productSummary(order.product),
    ...settingsOfOrder(order),
    ...alternativeId(world, order),
    ...requestInfo(order),
    ...accountInfo(world, order),
  }
}

/** Whether the order says from when until when its plan is. */
export function isPlanShown(world: World, order: Order): boolean {
  return order.createdAt <= world.clock.now() - world.settings.planEndLagSeconds * 1000
}

/** Whether what happened at a time does not show in all answers yet. */
export function isStale(world: World, time: number): boolean {
  return world.clock.now() < time + world.settings.quirks.staleSeconds * 1000
}

/** A certificate as the reissue and duplicate lists show it, and order info with more around it. */
export function certificateFields(world: World, certificate: Certificate): Record<string, unknown> {
  return {
    ...(certificate.id === undefined ? {} : { id: certificate.id }),
    ...issuedFields(world, certificate),
    common_name: certificate.commonName,
    dns_names: [...new Set([certificate.commonName, ...certificate.dnsNames])].filter((name) => name !== ''),
    date_created: isoTime(certificate.createdAt),
    csr: certificate.csr,
    signature_hash: certificate.hash,
    server_platform: serverPlatform(certificate.serverPlatformId),
  }
}

/** A request of an order as order info and the request endpoints show it. */
export function requestFields(request: ApprovalRequest): Record<string, unknown> {
  return {
    id: request.id,
    date: isoTime(request.createdAt),
    type: request.type,
    status: request.status,
    requester: { first_name: request.requester, last_name: 'User' },
    ...(request.processedAt === undefined ? {} : { date_processed: isoTime(request.processedAt) }),
    ...(request.processor === undefined ? {} : { processor: { first_name: request.processor, last_name: 'User' } }),
    ...(request.processorComment === undefined ? {} : { processor_comment: request.processorComment }),
    comments: request.comments ?? '',
  }
}

function certificateInfo(world: World, order: Order): Record<string, unknown> {
  const certificate = primaryCertificate(order)
  if (certificate === undefined) return {}
  return {
    ...certificateFields(world, certificate),
    ...(order.organizationId === undefined ? {} : { organization: { id: order.organizationId } }),
    organization_units: order.fields.certificate?.organization_units ?? [],
    ...(certificate.validity === undefined ? {} : { cert_validity: certificate.validity }),
    ca_cert: { id: order.product.issuers[0] ?? '', name: world.hierarchy.intermediate.subject.commonName },
  }
}

function issuedFields(world: World, certificate: Certificate): Record<string, unknown> {
  const issued = certificate.issued
  if (issued === undefined) return {}
  return {
    thumbprint: issued.thumbprint,
    serial_number: issued.serialNumber,
    date_issued: isoTime(issued.at),
    valid_from: isoDate(issued.notBefore),
    valid_till: isoDate(issued.notAfter),
    days_remaining: Math.max(0, Math.floor((issued.notAfter - world.clock.now()) / day)),
    key_size: issued.keySize,
  }
}

function serverPlatform(id: number): Record<string, unknown> {
  return { id, name: id === -1 ? 'OTHER' : `Platform ${id}`, install_url: '', csr_url: '' }
}

function isPlan(world: World, order: Order): boolean {
  return world.settings.multiYearPlans && order.product.multiYearPlan
}

function renewalInfo(world: World, order: Order): Record<string, unknown> {
  const renewedBy = order.renewedBy === undefined ? undefined : world.orders.get(order.renewedBy)
  const isLinked = renewedBy === undefined || !isStale(world, renewedBy.createdAt)
  const renewalOf = order.fields.renewal_of_order_id
  return {
    is_renewal: renewalOf !== undefined || order.fields.renewed_thumbprint !== undefined,
    is_renewed: isLinked && order.renewedBy !== undefined,
    renewed_order_id: isLinked ? (order.renewedBy ?? 0) : 0,
    ...(renewalOf === undefined ? {} : { renewal_of_order_id: renewalOf }),
  }
}

function planDays(world: World, order: Order): Record<string, unknown> {
  if (!isPlanShown(world, order)) return {}
  return { order_valid_from: isoDate(order.validFrom), order_valid_till: isoDate(order.validTill) }
}

function validityEcho(order: Order): Record<string, unknown> {
  const { order_validity, validity_years } = order.fields
  return {
    ...(order_validity === undefined ? {} : { order_validity }),
    ...(validity_years === undefined ? {} : { validity_years }),
  }
}

function organizationInfo(world: World, order: Order): Record<string, unknown> {
  const organization = organizationOf(world, order)
  if (organization === undefined) return {}
  const { id, name, city, state, country, isActive } = organization
  return { organization: { id, name, display_name: name, city, state, country, is_active: isActive } }
}

function settingsOfOrder(order: Order): Record<string, unknown> {
  const { fields } = order
  return {
    auto_renew: fields.auto_renew ?? 0,
    auto_reissue: order.autoReissue,
    dcv_method: order.dcvMethod,
    disable_renewal_notifications: fields.disable_renewal_notifications ?? false,
    disable_ct: fields.disable_ct ?? false,
    additional_emails: fields.additional_emails ?? [],
    custom_renewal_message: fields.custom_renewal_message ?? '',
    payment_method: fields.payment_method ?? 'balance',
    server_licenses: fields.server_licenses ?? 1,
    ...provisioning(order),
  }
}

function alternativeId(world: World, { product, fields }: Order): Record<string, unknown> {
  const { alternative_order_id } = fields
  return alternative_order_id === undefined || forgetsId(world.settings, product) ? {} : { alternative_order_id }
}

/** How a document signing certificate is received, and what the installer of a token asks for (page 004). */
function provisioning({ id, status, fields }: Order): Record<string, unknown> {
  const { cs_provisioning_method } = fields
  return {
    ...(cs_provisioning_method === undefined ? {} : { cs_provisioning_method }),
    ...(status === 'waiting_pickup' ? { hardware_init_code: `INIT-${String(id * 7919)}` } : {}),
  }
}

function requestInfo(order: Order): Record<string, unknown> {
  const count = (kind: Certificate['kind']): number => order.certificates.filter((one) => one.kind === kind).length
  return {
    requests: order.requests.map(requestFields),
    has_pending_request: order.requests.some(isOpen),
    allow_duplicates: order.product.validation !== 'ds',
    duplicates_count: count('duplicate'),
    reissues_count: count('reissue'),
  }
}

function accountInfo(world: World, order: Order): Record<string, unknown> {
  const container = world.settings.containers.find(({ id }) => id === order.fields.container?.id)
  return {
    container: container ?? world.settings.containers[0],
    custom_fields: (order.fields.custom_fields ?? []).map(({ metadata_id, value }) => {
      const label = world.settings.customFields.find(({ id }) => id === metadata_id)?.label ?? ''
      return { metadata_id, label, value }
    }),
    user: { id: 1, first_name: order.user, last_name: 'User', email: `${order.user}@example.com` },
    api_key: { name: order.keyName, key_type: 'api_key' },
    organization_contact: order.fields.organization_contact ?? {},
    technical_contact: order.fields.technical_contact ?? {},
    price: 0,
    currency: 'USD',
    notes: [],
  }
}
