import { refusal } from '../http/api-error.ts'
import { allNames } from '../validation/domain-names.ts'
import type { World } from '../world.ts'
import type { Certificate, Order } from './model.ts'
import { dropWork, setStatus } from './status.ts'

/** How long after a reissue without some of the names the earlier certificates live: 72 hours. */
const graceAfterRemoval = 72 * 3_600_000

/** @throws ApiError 400 while a reissue is open, or when there is nothing to revoke. */
export function assertRevocable(order: Order, certificate: Certificate | undefined): void {
  if (order.status === 'reissue_pending')
    throw refusal(400, 'reissue_pending', 'A certificate with a pending reissue cannot be revoked.')
  if (order.status === 'revoked' || certificate?.status === 'revoked')
    throw refusal(400, 'order_already_revoked', 'The order or certificate is already revoked.')
  const issued = certificate === undefined ? order.certificates.some(isLive) : isLive(certificate)
  if (!issued) throw refusal(400, 'certificate_not_issued', 'There is no issued certificate to revoke.')
}

/** Revokes one certificate by its id, or all of the order's. */
export function revokeNow(world: World, order: Order, certificateId: number | undefined): void {
  const chosen = order.certificates.filter(({ id }) => certificateId === undefined || id === certificateId)
  for (const certificate of chosen) if (isLive(certificate)) revokeCertificate(world, certificate)
  world.journal.write(world.clock.now(), { kind: 'revoke', orderId: order.id, certificateId })
  const last = world.settings.revokeOrderWithLastCertificate && !order.certificates.some(isLive)
  if (certificateId !== undefined && !last) return
  dropWork(world, order)
  setStatus(world, order, 'revoked')
}

/** Taking a name away dooms every earlier certificate of the order (docs/certcentral.md#taking-a-name-away). */
export function planRevocationOfEarlier(world: World, order: Order, newest: Certificate): void {
  const names = allNames(newest.commonName, newest.dnsNames)
  const earlier = order.certificates.filter((certificate) => certificate !== newest && isLive(certificate))
  const removed = earlier.some((certificate) =>
    allNames(certificate.commonName, certificate.dnsNames).some((name) => !names.includes(name)),
  )
  if (!removed) return
  world.agenda.plan(world.clock.now() + graceAfterRemoval, { kind: 'revoke', order, certificates: earlier })
}

/** Revokes those of the certificates that still live. */
export function revokeAll(world: World, order: Order, certificates: readonly Certificate[]): void {
  for (const certificate of certificates.filter(isLive)) {
    revokeCertificate(world, certificate)
    world.journal.write(world.clock.now(), { kind: 'revoke', orderId: order.id, certificateId: certificate.id })
  }
}

function isLive(certificate: Certificate): boolean {
  return certificate.status === 'issued'
}

function revokeCertificate(world: World, certificate: Certificate): void {
  certificate.status = 'revoked'
  if (certificate.issued !== undefined) certificate.issued.revokedAt = world.clock.now()
}
