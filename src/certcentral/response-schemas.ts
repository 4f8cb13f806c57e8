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
  atMost,
  certificateName,
  comparable,
  compact,
  endOf,
  flag,
  id,
  identifier,
  maybe,
  MOST_OF_PAGE,
  orderStatus,
  publishable,
  readable,
  startOf,
  text,
  UNNAMED,
  verbatim,
  word,
} from './schema-helpers.ts'

/** 250 names of 253 characters make a certificate or CSR of about 90,000. */
const PEM_LENGTH = 131_072

export const requestSummary: Reader<RequestSummary> = z.object({ id, status: word.catch('') })

const requestFields = { id, status: word.catch(''), type: word.catch(''), comments: maybe(text(512)) }

const orderRequest: Reader<OrderRequest> = z.object(requestFields).transform(compact)

/** `GET /request/{id}`. */
export const requestInfo: Reader<RequestInfo> = z
  .object({ ...requestFields, order: maybe(z.object({ id: maybe(id) })) })
  .transform(({ order, ...request }) => compact({ ...request, orderId: order?.id }))

const placedDomain: Reader<PlacedDomain> = z
  .object({
    id: maybe(id),
    name: maybe(certificateName),
    dns_name: maybe(certificateName),
    dcv_token: maybe(z.object({ token: maybe(publishable) })),
  })
  .transform((wire) =>
    compact({ id: wire.id, name: wire.name ?? wire.dns_name ?? '', dcvToken: wire.dcv_token?.token }),
  )

const chain = maybe(z.array(z.object({ pem: verbatim(PEM_LENGTH) })).min(1)).transform((certificates) =>
  certificates?.map(({ pem }) => pem),
)

/** `GET /certificate/{certificate_id}/chain`. */
export const certificateChain: Reader<string[]> = z
  .object({
    intermediates: z
      .array(z.object({ pem: verbatim(PEM_LENGTH) }))
      .min(1)
      .max(50),
  })
  .transform(({ intermediates }) => intermediates.map(({ pem }) => pem))

const organization = maybe(z.object({ id: maybe(id) }))

/** `POST /order/certificate/{product_id}`. */
export const placedOrder: Reader<PlacedOrder> = z
  .object({
    id,
    certificate_id: maybe(id),
    requests: readable(requestSummary),
    dcv_random_value: maybe(publishable),
    certificate_chain: chain,
    domains: readable(placedDomain),
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
    id: maybe(id),
    common_name: maybe(certificateName),
    dns_names: readable(certificateName),
    organization,
    csr: maybe(verbatim(PEM_LENGTH)),
    serial_number: maybe(identifier),
    thumbprint: maybe(identifier),
    valid_till: maybe(endOf),
    ca_cert: maybe(z.object({ id: maybe(identifier) })),
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
  status: orderStatus.catch(UNNAMED),
  certificate: maybe(certificate),
  product: maybe(z.object({ name_id: maybe(identifier) })),
  organization,
  order_valid_from: maybe(startOf),
  order_valid_till: maybe(endOf),
  dcv_method: maybe(word),
  alternative_order_id: maybe(identifier),
  date_created: maybe(startOf),
  requests: readable(orderRequest),
  auto_reissue: maybe(flag),
  auto_renew: maybe(flag),
  is_renewed: maybe(flag),
  renewed_order_id: maybe(id),
  renewal_of_order_id: maybe(id),
  dcv_random_value: maybe(publishable),
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
    id: maybe(id),
    status: word.catch(''),
    csr: maybe(verbatim(PEM_LENGTH)),
    date_created: maybe(startOf),
  })
  .transform((wire) =>
    compact({ certificateId: wire.id, status: wire.status, csr: wire.csr, dateCreated: wire.date_created }),
  )

/** `GET /order/certificate/{order_id}/reissue`. */
export const reissueList: Reader<Reissue[]> = z
  .object({ certificates: atMost(MOST_OF_PAGE).pipe(z.array(reissue).optional()) })
  .transform(({ certificates = [] }) => certificates)

const organizationValidation: Reader<OrganizationValidation> = z
  .object({ type: word, status: word.catch(''), validated_until: maybe(endOf) })
  .transform(({ validated_until: validatedUntil, ...rest }) => compact({ ...rest, validatedUntil }))

const nameValidation: Reader<NameValidation> = z
  .object({
    dns_names: readable(certificateName),
    status: word.catch(''),
    method: maybe(word),
    name_scope: maybe(certificateName),
    domain_id: maybe(id),
  })
  .transform(({ dns_names: dnsNames, name_scope: scope, domain_id: domainId, ...rest }) =>
    compact({ ...rest, dnsNames, scope, domainId }),
  )

/** `GET /order/certificate/{order_id}/validation`. */
export const orderValidation: Reader<OrderValidation> = z
  .object({
    organization_id: maybe(id),
    organization_validations: readable(organizationValidation),
    dns_name_validations: readable(nameValidation),
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
  .object({ validations: readable(organizationValidation) })
  .transform(({ validations }) => validations)

/** `GET /domain/{domain_id}`. */
export const domainInfo: Reader<DomainInfo> = z
  .object({ name: maybe(certificateName), dcv_expiration_datetime: maybe(endOf) })
  .transform((wire) => compact({ name: wire.name, provenUntil: wire.dcv_expiration_datetime }))

/** `PUT /order/certificate/{order_id}/dcv-random-value`. */
export const dcvRandomValue: Reader<DcvRandomValue> = z
  .object({ dcv_random_value: publishable, expiration_date: maybe(startOf) })
  .transform((wire) => compact({ value: wire.dcv_random_value, expiresAt: wire.expiration_date }))

const checkedName: Reader<DcvCheck['names'][number]> = z
  .object({ dns_name: certificateName, status: word.catch('') })
  .transform(({ dns_name: dnsName, status }) => ({ dnsName, status }))

/** `PUT /order/certificate/{order_id}/check-dcv`. */
export const dcvCheck: Reader<DcvCheck> = z
  .object({
    order_status: maybe(orderStatus),
    certificate_id: maybe(id),
    dcv_status: maybe(word),
    dns_name_validations: readable(checkedName),
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
    id: maybe(id),
    username: maybe(text(128)),
    first_name: maybe(text(128)),
    last_name: maybe(text(128)),
    access_roles: readable(z.object({ name: text(128) })),
  })
  .transform((wire) => {
    const full = [wire.first_name, wire.last_name].filter((part) => part !== undefined && part !== '').join(' ')
    const name = full === '' ? (wire.username ?? '') : full
    return compact({ userId: wire.id, name, roles: wire.access_roles.map((role) => role.name) })
  })

const orderSummary: Reader<OrderSummary> = z
  .object({ order_id: id, certificate_id: maybe(id), status: orderStatus.catch(UNNAMED) })
  .transform((wire) => compact({ orderId: wire.order_id, certificateId: wire.certificate_id, status: wire.status }))

/** A week of a very large account has fewer changes; an answer with more would hold up everything else while it is read. */
const MOST_CHANGES = 100_000

/** A feed that informs: an entry that cannot be read is left out. Nothing new is `{}`. */
export const statusFeed: Reader<OrderSummary[]> = z
  .object({ orders: atMost(MOST_CHANGES).pipe(readable(orderSummary, MOST_CHANGES)) })
  .transform(({ orders }) => orders)

/** A page of orders; `total` counts those of all pages, where the server says how many. */
export type Page<Order> = { orders: Order[]; total?: number }

const total = maybe(z.union([z.number(), z.string().transform(Number)]).pipe(z.int().min(0)))

/**
 * A page of a look-up that decides about buying: one entry that cannot be read makes the whole page unreadable, for it
 * may be the order that is looked for. No `orders` at all is no match only when nothing else is there but a page of 0.
 */
const pageOf = <Order>(order: Reader<Order>): Reader<Page<Order>> =>
  z
    .looseObject({
      orders: atMost(MOST_OF_PAGE).pipe(z.array(order).optional()),
      page: maybe(z.object({ total })),
    })
    .refine((wire) => wire.orders !== undefined || Object.keys(wire).every((name) => name === 'page'))
    .transform(({ orders = [], page }) => compact({ orders, total: page?.total }))

/** `GET /order/alternate/{alternative_order_id}`. */
export const orderPage = pageOf(orderSummary)

const listedOrder: Reader<ListedOrder> = z
  .object({
    id,
    status: orderStatus.catch(UNNAMED),
    certificate: maybe(z.object({ common_name: maybe(comparable), dns_names: readable(comparable) })),
    product: maybe(z.object({ name_id: maybe(identifier) })),
    date_created: maybe(startOf),
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
