import { type Answer, type Call, ok } from '../http/answer.ts'
import { ApiError, invalidValue, notFound } from '../http/api-error.ts'
import type { Certificate, Order } from '../orders/model.ts'
import { pkcs7 } from '../pki/bundle.ts'
import type { Link } from '../pki/chain.ts'
import type { World } from '../world.ts'
import { chainEntries } from './create-answer.ts'
import { certificateOf, orderOf } from './find.ts'
import type { ApiRoute } from './route.ts'

/** Certificates as files and chains (docs/certcentral.md#download). */
export const downloadRoutes: ApiRoute[] = [
  { method: 'GET', template: '/certificate/download/order/{order_id}/format/{format_type}', handle: byOrder },
  { method: 'GET', template: '/certificate/{certificate_id}/download/format/{format_type}', handle: byCertificate },
  { method: 'GET', template: '/certificate/{certificate_id}/chain', handle: chain },
]

type Role = Link['role']

const roles: Readonly<Record<string, readonly Role[]>> = {
  pem_all: ['leaf', 'intermediate', 'root'],
  pem_noroot: ['leaf', 'intermediate'],
  pem_nointermediate: ['leaf'],
  pem: ['leaf', 'intermediate', 'root'],
  p7b: ['leaf', 'intermediate', 'root'],
  cer: ['leaf'],
  crt: ['leaf'],
}

/** Only the active certificate of the order, never a duplicate or an older reissue. */
function byOrder(world: World, call: Call): Answer {
  const order = orderOf(world, call)
  if (order.current === undefined) throw notFound('certificate')
  return download(call, order, order.current)
}

function byCertificate(world: World, call: Call): Answer {
  const { order, certificate } = certificateOf(world, call)
  return download(call, order, certificate)
}

/** Not issued yet is 404; the real answer is not known (docs/certcentral.md#download). */
function download(call: Call, order: Order, certificate: Certificate): Answer {
  const format = call.params.format_type ?? ''
  const wanted = roles[format]
  if (wanted === undefined) throw new ApiError(400, [invalidValue('format_type')])
  if (certificate.issued === undefined) throw notFound('certificate')
  const links = call.present(order, certificate).filter(({ role }) => wanted.includes(role))
  return { status: 200, file: format === 'p7b' ? p7bFile(links) : pemFile(links) }
}

function pemFile(links: readonly Link[]): Answer['file'] & object {
  return { contentType: 'application/x-pem-file', content: links.map(({ pem }) => pem).join('') }
}

function p7bFile(links: readonly Link[]): Answer['file'] & object {
  return { contentType: 'application/x-pkcs7-certificates', content: pkcs7(links) }
}

/** Leaf first, whatever the name `intermediates` says. */
function chain(world: World, call: Call): Answer {
  const { order, certificate } = certificateOf(world, call)
  if (certificate.issued === undefined) throw notFound('certificate')
  return ok({ intermediates: chainEntries(order, certificate, call.present) })
}
