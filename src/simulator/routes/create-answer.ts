import { isoTime } from '../dates.ts'
import { isProven } from '../dcv/proofs.ts'
import { isTokenMethod } from '../dcv/random-value.ts'
import type { Presenter } from '../http/answer.ts'
import type { Certificate, Order } from '../orders/model.ts'
import type { World } from '../world.ts'

/** The answer to a new order, reissue or duplicate (docs/certcentral.md#the-answer-to-an-order). */
export function createAnswer(
  world: World,
  order: Order,
  certificate: Certificate,
  present: Presenter,
): Record<string, unknown> {
  const approved = certificate.id !== undefined
  return {
    id: order.id,
    ...requestsOf(order, certificate),
    ...domainsOf(world, order, approved),
    ...(approved ? { certificate_id: certificate.id } : {}),
    ...randomValueOf(order, certificate),
    ...(certificate.issued === undefined ? {} : { certificate_chain: chainEntries(order, certificate, present) }),
  }
}

/** A chain as JSON. */
export function chainEntries(order: Order, certificate: Certificate, present: Presenter): unknown[] {
  return present(order, certificate).map(({ subjectCommonName, pem }) => ({
    subject_common_name: subjectCommonName,
    pem,
  }))
}

/** The request that belongs to the certificate; absent when approval was skipped. */
function requestsOf(order: Order, certificate: Certificate): Record<string, unknown> {
  const last = order.requests.at(-1)
  const belongs = last !== undefined && last.createdAt >= certificate.createdAt && last.type !== 'revoke'
  return belongs ? { requests: [{ id: last.id, status: last.status }] } : {}
}

/** OV and EV list their domains, with a token once the order is approved (page 001). */
function domainsOf(world: World, order: Order, approved: boolean): Record<string, unknown> {
  if (order.product.validation === 'dv' || order.names.length === 0) return {}
  const targets = new Map(order.names.map((proof) => [proof.target, proof]))
  const domains = [...targets.values()].map((proof) => {
    const token =
      approved && order.random !== undefined && isTokenMethod(proof.method) && !isProven(world, order, proof)
        ? { dcv_token: tokenFields(order.random) }
        : {}
    return { id: proof.domainId, name: proof.target, ...token }
  })
  return { domains }
}

function tokenFields(random: { value: string; expiresAt: number }): Record<string, unknown> {
  return { token: random.value, status: 'pending', expiration_date: isoTime(random.expiresAt) }
}

/** Only for these two methods, as pages 002 and 003 say, and only while something is left to prove. */
function randomValueOf(order: Order, certificate: Certificate): Record<string, unknown> {
  const shown = ['dns-txt-token', 'http-token'].includes(order.dcvMethod)
  const open = certificate.id !== undefined && certificate.issued === undefined && order.random !== undefined
  return shown && open ? { dcv_random_value: order.random?.value } : {}
}
