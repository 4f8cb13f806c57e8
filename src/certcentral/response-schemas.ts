import { z } from 'zod'
import type {
  DcvCheck,
  DcvRandomValue,
  DomainInfo,
  ListedOrder,
  NameValidation,
  OrderInfo,
  OrderRequest,
  OrderSummary,
  OrderValidation,
  OrganizationValidation,
  Reissue,
  PlacedDomain,
  PlacedOrder,
  RequestInfo,
  RequestSummary,
  User,
} from './types.ts'
import type { Reader } from './schema-helpers.ts'
import {
  boundedList,
  certificateName,
  comparable,
  compact,
  timeOrDayEnd,
  booleanish,
  id,
  identifier,
  optionalLenient,
  MAX_PAGE_ENTRIES,
  orderStatus,
  publishable,
  lenientArray,
  timeOrDayStart,
  text,
  UNKNOWN_STATUS,
  pemText,
  lowerText,
} from './schema-helpers.ts'

/** In characters. A certificate or CSR with 250 names of 253 characters has about 90,000. */
const MAX_PEM_LENGTH = 131_072

export const requestSummary: Reader<RequestSummary> = z.object({ id, status: lowerText.catch('') })

const requestFields = {
  id,
  status: lowerText.catch(''),
  type: lowerText.catch(''),
  comments: optionalLenient(text(512)),
}

const orderRequest: Reader<OrderRequest> = z.object(requestFields).transform(compact)

/** `GET /request/{id}`. */
export const requestInfo: Reader<RequestInfo> = z
  .object({ ...requestFields, order: optionalLenient(z.object({ id: optionalLenient(id) })) })
  .transform(({ order, ...request }) => compact({ ...request, orderId: order?.id }))

const placedDomain: Reader<PlacedDomain> = z
  .object({
    id: optionalLenient(id),
    name: optionalLenient(certificateName),
    dns_name: optionalLenient(certificateName),
    dcv_token: optionalLenient(z.object({ token: optionalLenient(publishable) })),
  })
  .transform((wire) =>
    compact({ id: wire.id, name: wire.name ?? wire.dns_name ?? '', dcvToken: wire.dcv_token?.token }),
  )

const chain = optionalLenient(z.array(z.object({ pem: pemText(MAX_PEM_LENGTH) })).min(1)).transform((certificates) =>
  certificates?.map(({ pem }) => pem),
)

/** `GET /certificate/{certificate_id}/chain`. */
export const certificateChain: Reader<string[]> = z
  .object({
    intermediates: z
      .array(z.object({ pem: pemText(MAX_PEM_LENGTH) }))
      .min(1)
      .max(50),
  })
  .transform(({ intermediates }) => intermediates.map(({ pem }) => pem))

const organization = optionalLenient(z.object({ id: optionalLenient(id) }))

/** `POST /order/certificate/{product_id}`. */
export const placedOrder: Reader<PlacedOrder> = z
  .object({
    id,
    certificate_id: optionalLenient(id),
    requests: lenientArray(requestSummary),
    dcv_random_value: optionalLenient(publishable),
    certificate_chain: chain,
    domains: lenientArray(placedDomain),
    organization,
  })
  .transform((wire) =>
    compact({
      orderId: wire.id,
      certificateId: wire.certificate_id,
      requests: wire.requests,
      dcvRandomValue: wire.dcv_random_value,
      chain: wire.certificate_chain,
      domains: wire.domains,
      organizationId: wire.organization?.id,
    }),
  )

const certificate = z
  .object({
    id: optionalLenient(id),
    common_name: optionalLenient(certificateName),
    dns_names: lenientArray(certificateName),
    organization,
    csr: optionalLenient(pemText(MAX_PEM_LENGTH)),
    serial_number: optionalLenient(identifier),
    thumbprint: optionalLenient(identifier),
    valid_till: optionalLenient(timeOrDayEnd),
    ca_cert: optionalLenient(z.object({ id: optionalLenient(identifier) })),
  })
  .transform((wire) => ({
    certificateId: wire.id,
    commonName: wire.common_name,
    dnsNames: wire.dns_names,
    organizationId: wire.organization?.id,
    csr: wire.csr,
    serialNumber: wire.serial_number,
    thumbprint: wire.thumbprint,
    certificateValidUntil: wire.valid_till,
    caCertId: wire.ca_cert?.id,
  }))

const orderFields = {
  id,
  status: orderStatus.catch(UNKNOWN_STATUS),
  certificate: optionalLenient(certificate),
  product: optionalLenient(z.object({ name_id: optionalLenient(identifier) })),
  organization,
  order_valid_from: optionalLenient(timeOrDayStart),
  order_valid_till: optionalLenient(timeOrDayEnd),
  dcv_method: optionalLenient(lowerText),
  alternative_order_id: optionalLenient(identifier),
  date_created: optionalLenient(timeOrDayStart),
  requests: lenientArray(orderRequest),
  auto_reissue: optionalLenient(booleanish),
  auto_renew: optionalLenient(booleanish),
  is_renewed: optionalLenient(booleanish),
  renewed_order_id: optionalLenient(id),
  renewal_of_order_id: optionalLenient(id),
  dcv_random_value: optionalLenient(publishable),
}

/** `GET /order/certificate/{order_id}`. */
export const orderInfo: Reader<OrderInfo> = z.object(orderFields).transform((wire) => {
  const { organizationId, dnsNames = [], ...primary } = wire.certificate ?? {}
  return compact({
    ...primary,
    orderId: wire.id,
    status: wire.status,
    productId: wire.product?.name_id,
    dnsNames,
    organizationId: wire.organization?.id ?? organizationId,
    orderValidFrom: wire.order_valid_from,
    orderValidUntil: wire.order_valid_till,
    dcvMethod: wire.dcv_method,
    alternativeOrderId: wire.alternative_order_id,
    dateCreated: wire.date_created,
    requests: wire.requests,
    autoReissue: wire.auto_reissue,
    autoRenew: wire.auto_renew,
    isRenewed: wire.is_renewed,
    renewedOrderId: wire.renewed_order_id,
    renewalOfOrderId: wire.renewal_of_order_id,
    dcvRandomValue: wire.dcv_random_value,
  })
})

const reissue: Reader<Reissue> = z
  .object({
    id: optionalLenient(id),
    status: lowerText.catch(''),
    csr: optionalLenient(pemText(MAX_PEM_LENGTH)),
    date_created: optionalLenient(timeOrDayStart),
  })
  .transform((wire) =>
    compact({ certificateId: wire.id, status: wire.status, csr: wire.csr, dateCreated: wire.date_created }),
  )

/** `GET /order/certificate/{order_id}/reissue`. */
export const reissueList: Reader<Reissue[]> = z
  .object({ certificates: boundedList(MAX_PAGE_ENTRIES).pipe(z.array(reissue).optional()) })
  .transform(({ certificates = [] }) => certificates)

const organizationValidation: Reader<OrganizationValidation> = z
  .object({ type: lowerText, status: lowerText.catch(''), validated_until: optionalLenient(timeOrDayEnd) })
  .transform(({ validated_until: validatedUntil, ...rest }) => compact({ ...rest, validatedUntil }))

const nameValidation: Reader<NameValidation> = z
  .object({
    dns_names: lenientArray(certificateName),
    status: lowerText.catch(''),
    method: optionalLenient(lowerText),
    name_scope: optionalLenient(certificateName),
    domain_id: optionalLenient(id),
  })
  .transform(({ dns_names: dnsNames, name_scope: scope, domain_id: domainId, ...rest }) =>
    compact({ ...rest, dnsNames, scope, domainId }),
  )

/** `GET /order/certificate/{order_id}/validation`. */
export const orderValidation: Reader<OrderValidation> = z
  .object({
    organization_id: optionalLenient(id),
    organization_validations: lenientArray(organizationValidation),
    dns_name_validations: lenientArray(nameValidation),
  })
  .transform((wire) =>
    compact({
      organizationId: wire.organization_id,
      organization: wire.organization_validations,
      names: wire.dns_name_validations,
    }),
  )

/** `GET /organization/{organization_id}/validation`. */
export const organizationValidations: Reader<OrganizationValidation[]> = z
  .object({ validations: lenientArray(organizationValidation) })
  .transform(({ validations }) => validations)

/** `GET /domain/{domain_id}`. */
export const domainInfo: Reader<DomainInfo> = z
  .object({ name: optionalLenient(certificateName), dcv_expiration_datetime: optionalLenient(timeOrDayEnd) })
  .transform((wire) => compact({ name: wire.name, provenUntil: wire.dcv_expiration_datetime }))

/** `PUT /order/certificate/{order_id}/dcv-random-value`. */
export const dcvRandomValue: Reader<DcvRandomValue> = z
  .object({ dcv_random_value: publishable, expiration_date: optionalLenient(timeOrDayStart) })
  .transform((wire) => compact({ value: wire.dcv_random_value, expiresAt: wire.expiration_date }))

const checkedName: Reader<DcvCheck['names'][number]> = z
  .object({ dns_name: certificateName, status: lowerText.catch('') })
  .transform(({ dns_name: dnsName, status }) => ({ dnsName, status }))

/** `PUT /order/certificate/{order_id}/check-dcv`. */
export const dcvCheck: Reader<DcvCheck> = z
  .object({
    order_status: optionalLenient(orderStatus),
    certificate_id: optionalLenient(id),
    dcv_status: optionalLenient(lowerText),
    dns_name_validations: lenientArray(checkedName),
  })
  .transform((wire) =>
    compact({
      orderStatus: wire.order_status,
      certificateId: wire.certificate_id,
      dcvStatus: wire.dcv_status,
      names: wire.dns_name_validations,
    }),
  )

/** `GET /user/me`. */
export const user: Reader<User> = z
  .object({
    id: optionalLenient(id),
    username: optionalLenient(text(128)),
    first_name: optionalLenient(text(128)),
    last_name: optionalLenient(text(128)),
    access_roles: lenientArray(z.object({ name: text(128) })),
  })
  .transform((wire) => {
    const full = [wire.first_name, wire.last_name].filter((part) => part !== undefined && part !== '').join(' ')
    const name = full === '' ? (wire.username ?? '') : full
    return compact({ userId: wire.id, name, roles: wire.access_roles.map((role) => role.name) })
  })

const orderSummary: Reader<OrderSummary> = z
  .object({ order_id: id, certificate_id: optionalLenient(id), status: orderStatus.catch(UNKNOWN_STATUS) })
  .transform((wire) => compact({ orderId: wire.order_id, certificateId: wire.certificate_id, status: wire.status }))

/** A week of a very large account has fewer changes. Reading a response with more would block everything else. */
const MAX_CHANGES = 100_000

/** `GET /order/certificate/status-changes`: leaves out entries that cannot be read. Nothing new is `{}`. */
export const statusFeed: Reader<OrderSummary[]> = z
  .object({ orders: boundedList(MAX_CHANGES).pipe(lenientArray(orderSummary, MAX_CHANGES)) })
  .transform(({ orders }) => orders)

/** A page of orders; `total` counts the orders of all pages, where the server sends it. */
export type Page<Order> = { orders: Order[]; total?: number }

const total = optionalLenient(z.union([z.number(), z.string().transform(Number)]).pipe(z.int().min(0)))

/**
 * A page of a list that decides about buying: one entry that cannot be read makes the whole page unreadable, because it
 * may be the order in question. A body without `orders` means no match only if it has no member but `page`.
 */
const pageOf = <Order>(order: Reader<Order>): Reader<Page<Order>> =>
  z
    .looseObject({
      orders: boundedList(MAX_PAGE_ENTRIES).pipe(z.array(order).optional()),
      page: optionalLenient(z.object({ total })),
    })
    .refine((wire) => wire.orders !== undefined || Object.keys(wire).every((name) => name === 'page'))
    .transform(({ orders = [], page }) => compact({ orders, total: page?.total }))

/** `GET /order/alternate/{alternative_order_id}`. */
export const orderPage = pageOf(orderSummary)

const listedOrder: Reader<ListedOrder> = z
  .object({
    id,
    status: orderStatus.catch(UNKNOWN_STATUS),
    certificate: optionalLenient(
      z.object({ common_name: optionalLenient(comparable), dns_names: lenientArray(comparable) }),
    ),
    product: optionalLenient(z.object({ name_id: optionalLenient(identifier) })),
    date_created: optionalLenient(timeOrDayStart),
  })
  .transform((wire) =>
    compact({
      orderId: wire.id,
      status: wire.status,
      commonName: wire.certificate?.common_name,
      dnsNames: wire.certificate?.dns_names ?? [],
      productId: wire.product?.name_id,
      dateCreated: wire.date_created,
    }),
  )

/** `GET /order/certificate`. */
export const listedPage = pageOf(listedOrder)
