import { startOfDay } from '../dates.ts'
import type { Key } from '../http/keys.ts'
import type { SignatureHash } from '../pki/sign.ts'
import type { Product } from '../products.ts'
import type { OrderFields } from '../validation/fields.ts'
import { endOf, planLength } from '../validation/lengths.ts'
import { asObject, validateOrder } from '../validation/order-request.ts'
import { fieldsOffPage } from '../validation/pages.ts'
import { renewedOrder } from '../validation/renewal-rules.ts'
import type { World } from '../world.ts'
import type { Certificate, Order } from './model.ts'
import { organizationFor } from './organization.ts'
import { startWork } from './work.ts'

/** An order that was just placed, and the organization that it created, if it did. */
export type Placed = { readonly order: Order; readonly newOrganizationId: number | undefined }

/**
 * Places an order.
 * @throws ApiError 400 with every error of the request.
 */
export function placeOrder(world: World, product: Product, body: unknown, key: Key): Placed {
  const fields = validateOrder(world, product, body)
  const renewed = renewedOrder(world, fields)
  const organization = organizationFor(world, product, fields)
  const order = newOrder(world, product, fields, { key, organizationId: organization?.id })
  world.orders.set(order.id, order)
  if (renewed !== undefined) renewed.renewedBy = order.id
  indexAlternativeId(world, order)
  startWork(world, order, newCertificate(world, fields), {
    kind: 'order',
    skipApproval: fields.skip_approval ?? false,
    requester: key.user,
    comments: fields.comments,
    body,
    ignoredFields: fieldsOffPage(product.page, asObject(body)),
  })
  return { order, newOrganizationId: organization?.created === true ? organization.id : undefined }
}

/** Renews with the words of the order before, its CSR among them, as DigiCert does where auto_renew is on. */
export function autoRenew(world: World, before: Order): void {
  if (before.fields.auto_renew !== 1 || before.renewedBy !== undefined || before.status !== 'issued') return
  const fields = { ...before.fields, alternative_order_id: undefined, renewal_of_order_id: before.id }
  const { organizationId, user, keyName } = before
  const order = newOrder(world, before.product, fields, { key: { user, name: keyName }, organizationId })
  world.orders.set(order.id, order)
  before.renewedBy = order.id
  startWork(world, order, newCertificate(world, fields), { kind: 'order', skipApproval: true, requester: 'DigiCert' })
}

function newOrder(
  world: World,
  product: Product,
  fields: OrderFields,
  from: { key: Pick<Key, 'user' | 'name'>; organizationId: number | undefined },
): Order {
  const now = world.clock.now()
  const length = planLength(product, fields)
  return {
    id: world.ids.next(),
    product,
    fields,
    user: from.key.user,
    keyName: from.key.name,
    createdAt: now,
    organizationId: from.organizationId,
    status: 'new',
    statusChangedAt: now,
    held: false,
    validFrom: startOfDay(now),
    validTill: length === undefined ? now : endOf(length, now),
    autoReissue: fields.auto_reissue ?? 0,
    dcvMethod: fields.dcv_method ?? 'email',
    scope: fields.certificate_dcv_scope ?? world.settings.dcvScope,
    names: [],
    requests: [],
    certificates: [],
  }
}

/** The certificate that an order request asks for. A document signer is named after the person or organization. */
function newCertificate(world: World, fields: OrderFields): Certificate {
  const certificate = fields.certificate ?? {}
  return {
    id: undefined,
    kind: 'primary',
    status: 'pending',
    csr: certificate.csr,
    commonName: certificate.common_name ?? fields.subject?.name ?? '',
    dnsNames: certificate.dns_names ?? [],
    validity: certificate.cert_validity,
    hash: (certificate.signature_hash ?? 'sha256') as SignatureHash,
    serverPlatformId: certificate.server_platform?.id ?? -1,
    createdAt: world.clock.now(),
  }
}

function indexAlternativeId(world: World, order: Order): void {
  const id = order.fields.alternative_order_id
  if (id !== undefined) world.byAlternativeId.set(id, [...(world.byAlternativeId.get(id) ?? []), order])
}
