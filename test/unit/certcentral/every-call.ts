import type { CertCentral } from '../../../src/certcentral/index.ts'
import { place } from './fake-server.ts'

const ORDER = 112233
const CSR = '-----BEGIN CERTIFICATE REQUEST-----'
const REVOCATION = { reason: 'superseded', comments: 'no longer in use' } as const
const REISSUE_BODY = { certificate: { common_name: 'example.com', csr: CSR, signature_hash: 'sha256' } }

/** Every call of the client that reads an answer, for the order of the stored answers. */
export const CALLS: Readonly<Record<string, (client: CertCentral) => Promise<unknown>>> = {
  placeOrder: (client) => place(client),
  reissue: (client) => client.reissue(ORDER, REISSUE_BODY),
  orderInfo: (client) => client.orderInfo(ORDER),
  ordersByAlternativeId: (client) => client.ordersByAlternativeId('k7f3a'),
  ordersOfName: (client) => client.ordersOfName({ commonName: 'client.example.com' }),
  statusChanges: (client) => client.statusChanges({ seconds: 60 }),
  reissues: (client) => client.reissues(ORDER),
  orderValidation: (client) => client.orderValidation(ORDER),
  organizationValidations: (client) => client.organizationValidations(117483),
  domainInfo: (client) => client.domainInfo(4),
  dcvRandomValue: (client) => client.dcvRandomValue(ORDER),
  checkDcv: (client) => client.checkDcv(ORDER),
  certificateChain: (client) => client.certificateChain(113),
  downloadCertificate: (client) => client.downloadCertificate(113),
  addCsr: (client) => client.addCsr(ORDER, CSR),
  cancelOrder: (client) => client.cancelOrder(ORDER, 'no longer wanted'),
  switchAutoReissue: (client) => client.switchAutoReissue(ORDER, 'on'),
  revokeCertificate: (client) => client.revokeCertificate(113, REVOCATION),
  revokeOrder: (client) => client.revokeOrder(ORDER, REVOCATION),
  rejectRequest: (client) => client.rejectRequest(113, 'no longer wanted'),
  requestInfo: (client) => client.requestInfo(113),
  userMe: (client) => client.userMe(),
}

/** One of them by its name. */
export const callOf = (name: string): ((client: CertCentral) => Promise<unknown>) => {
  const call = CALLS[name]
  if (!call) throw new Error(`the client has no call ${name}`)
  return call
}
