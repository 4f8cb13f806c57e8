import { X509Certificate } from 'node:crypto'
import { day, endOfDay, startOfDay } from '../dates.ts'
import { newKey, spki } from '../pki/authority.ts'
import { readSigningRequest, type SigningRequest } from '../pki/csr.ts'
import { issueLeaf, type LeafRequest } from '../pki/leaf.ts'
import type { Subject } from '../pki/names.ts'
import { thumbprintOf } from '../pki/pem.ts'
import { allNames } from '../validation/domain-names.ts'
import { certificateLength, endOf, planLength } from '../validation/lengths.ts'
import type { World } from '../world.ts'
import type { Certificate, Order, Work } from './model.ts'
import { planRevocationOfEarlier } from './revocation.ts'
import { dropWork, setStatus } from './status.ts'
import { organizationOf } from './validation.ts'

/** DigiCert reissues automatically when the newest certificate is within 30 days of its end (page 003). */
const autoReissueBefore = 30 * day
const autoRenewBefore = 30 * day

/** Issues the certificate that an order works on, whatever is still open, and brings the order to `issued`. */
export function issue(world: World, order: Order, work: Work): void {
  const certificate = work.certificate
  if (work.kind === 'order') startPlan(world, order)
  const request = leafRequest(world, order, certificate)
  const der = issueLeaf(world.hierarchy, world.ids, request)
  certificate.status = 'issued'
  certificate.issued = {
    at: world.clock.now(),
    der,
    serialNumber: new X509Certificate(der).serialNumber,
    thumbprint: thumbprintOf(der),
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    keySize: signingRequestOf(certificate).keySize,
  }
  dropWork(world, order)
  if (work.kind !== 'duplicate') makeCurrent(world, order, certificate)
  setStatus(world, order, 'issued')
  world.journal.write(world.clock.now(), { kind: 'issue', orderId: order.id, certificateId: certificate.id })
}

/** Everything that a certificate says, for the real one and for the spoilt ones of the fault rules. */
export function leafRequest(world: World, order: Order, certificate: Certificate): LeafRequest {
  const document = order.product.validation === 'ds'
  return {
    ...signingRequestOf(certificate),
    subject: subjectOf(world, order, certificate),
    names: document ? [order.fields.subject?.email ?? ''] : allNames(certificate.commonName, certificate.dnsNames),
    notBefore: certificate.issued?.notBefore ?? startOfCertificate(world),
    notAfter: certificate.issued?.notAfter ?? endOfCertificate(world, order, certificate),
    hash: certificate.hash,
    purpose: document ? 'document' : 'server',
  }
}

/** The plan begins when its first certificate is issued, unless it ends on a given day. */
function startPlan(world: World, order: Order): void {
  const length = planLength(order.product, order.fields)
  order.validFrom = startOfDay(world.clock.now())
  if (length !== undefined) order.validTill = endOf(length, world.clock.now())
  world.agenda.plan(order.validTill - autoRenewBefore, { kind: 'auto-renew', order, end: order.validTill })
  world.agenda.plan(order.validTill + 1000, { kind: 'end-of-plan', order, end: order.validTill })
}

function makeCurrent(world: World, order: Order, certificate: Certificate): void {
  if (order.current !== undefined) planRevocationOfEarlier(world, order, certificate)
  order.current = certificate
  const lastDays = (certificate.issued?.notAfter ?? Infinity) - autoReissueBefore
  world.agenda.plan(lastDays, { kind: 'auto-reissue', order, certificate })
}

function startOfCertificate({ clock, settings }: World): number {
  return startOfDay(clock.now() - settings.backdateDays * day)
}

/** The shortest of what was asked, what is left of the plan, and the cap of the day. */
function endOfCertificate(world: World, order: Order, certificate: Certificate): number {
  const now = world.clock.now()
  const cap = endOfDay(now + (world.settings.certificateCapDays - 1) * day)
  const asked = certificateLength(certificate.validity)
  const wanted = asked === undefined || !world.settings.multiYearPlans ? order.validTill : endOf(asked, now)
  const ignored = world.settings.ignoreShortCertValidity && wanted < now + 365 * day
  const end = Math.min(ignored ? order.validTill : wanted, order.validTill)
  return order.product.validation === 'ds' ? end : Math.min(end, cap)
}

/** The key of the CSR; a token product has none, so the token's key is made up. */
function signingRequestOf(certificate: Certificate): SigningRequest {
  const read = certificate.csr === undefined ? undefined : readSigningRequest(certificate.csr)
  return read ?? { publicKeyDer: spki(newKey().publicKey), keyType: 'ec', keySize: 256 }
}

function subjectOf(world: World, order: Order, certificate: Certificate): Subject {
  const organization = organizationOf(world, order)
  const { country, state, city, name } = organization ?? {}
  return { country, state, city, organization: name, commonName: certificate.commonName }
}
