import { isoTime } from '../dates.ts'
import { isProven } from '../dcv/proofs.ts'
import type { Certificate, Order } from '../orders/model.ts'
import { certificatePem } from '../pki/pem.ts'
import { requestFields } from '../routes/order-info.ts'
import type { World } from '../world.ts'

/** The whole state of an order, for tests and curious people. */
export function orderState(world: World, order: Order): Record<string, unknown> {
  const { id, status, held, product, fields, user, autoReissue, dcvMethod, scope, random, work } = order
  return {
    ...{ id, status, held, user, autoReissue, dcvMethod, scope },
    product: product.nameId,
    fields,
    createdAt: isoTime(order.createdAt),
    statusChangedAt: isoTime(order.statusChangedAt),
    validFrom: isoTime(order.validFrom),
    validTill: isoTime(order.validTill),
    requests: order.requests.map(requestFields),
    ...(random === undefined ? {} : { dcvToken: random.value, dcvTokenExpiresAt: isoTime(random.expiresAt) }),
    domains: order.names.map((proof) => {
      const { dnsName, target, method } = proof
      return { dnsName, target, method, status: isProven(world, order, proof) ? 'complete' : 'pending' }
    }),
    currentCertificateId: order.current?.id,
    ...(work === undefined ? {} : { work: { kind: work.kind, stage: work.stage, certificateId: work.certificate.id } }),
    renewedBy: order.renewedBy,
    certificates: order.certificates.map(certificateState),
  }
}

function certificateState(certificate: Certificate): Record<string, unknown> {
  const { id, kind, status, commonName, dnsNames, csr, issued } = certificate
  const base = { id, kind, status, commonName, dnsNames, csr }
  if (issued === undefined) return base
  return {
    ...base,
    serialNumber: issued.serialNumber,
    thumbprint: issued.thumbprint,
    issuedAt: isoTime(issued.at),
    notBefore: isoTime(issued.notBefore),
    notAfter: isoTime(issued.notAfter),
    pem: certificatePem(issued.der),
    ...(issued.revokedAt === undefined ? {} : { revokedAt: isoTime(issued.revokedAt) }),
  }
}
