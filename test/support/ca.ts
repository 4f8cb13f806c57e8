import { KeyObject, webcrypto } from 'node:crypto'
import * as asn1js from 'asn1js'
import {
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  ExtKeyUsage,
  Extension,
  GeneralName,
  GeneralNames,
} from 'pkijs'

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const
const DAY = 24 * 60 * 60_000

/** A certificate in a test, with its private key. */
export type Issued = { pem: string; key: KeyObject; pair: webcrypto.CryptoKeyPair; subject: string }

export type CertificateWish = {
  subject: string
  /** Who signs; itself where nobody does. */
  issuer?: Issued
  /** A key pair to certify, where it is not to be a new one. */
  pair?: webcrypto.CryptoKeyPair
  ca?: 'yes' | 'no'
  dnsNames?: readonly string[]
  /** Object identifiers of the extended key usage; none where absent. */
  usages?: readonly string[]
  notBefore?: Date
  notAfter?: Date
}

export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

let serial = 1

const named = (subject: string): AttributeTypeAndValue =>
  new AttributeTypeAndValue({ type: '2.5.4.3', value: new asn1js.Utf8String({ value: subject }) })

const extensionsOf = ({ ca = 'no', dnsNames = [], usages = [] }: CertificateWish): Extension[] => [
  new Extension({
    extnID: '2.5.29.19',
    critical: true,
    extnValue: new BasicConstraints({ cA: ca === 'yes' }).toSchema().toBER(),
  }),
  ...(dnsNames.length > 0
    ? [
        new Extension({
          extnID: '2.5.29.17',
          extnValue: new GeneralNames({ names: dnsNames.map((value) => new GeneralName({ type: 2, value })) })
            .toSchema()
            .toBER(),
        }),
      ]
    : []),
  ...(usages.length > 0
    ? [
        new Extension({
          extnID: '2.5.29.37',
          extnValue: new ExtKeyUsage({ keyPurposes: [...usages] }).toSchema().toBER(),
        }),
      ]
    : []),
]

/** PEM of some DER. */
export const pemOf = (label: string, der: ArrayBuffer): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** The pair of keys that belongs to a private key of curve P-256. */
export const newPair = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])

/** Issues a certificate. It is valid from yesterday for ninety days, as far as nothing else is asked for. */
export const issue = async (wish: CertificateWish, now = new Date()): Promise<Issued> => {
  const pair = wish.pair ?? (await newPair())
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new asn1js.Integer({ value: serial++ })
  certificate.subject.typesAndValues.push(named(wish.subject))
  certificate.issuer.typesAndValues.push(named(wish.issuer?.subject ?? wish.subject))
  certificate.notBefore.value = wish.notBefore ?? new Date(now.getTime() - DAY)
  certificate.notAfter.value = wish.notAfter ?? new Date(now.getTime() + 90 * DAY)
  certificate.extensions = extensionsOf(wish)
  await certificate.subjectPublicKeyInfo.importKey(pair.publicKey)
  await certificate.sign((wish.issuer?.pair ?? pair).privateKey, 'SHA-256')
  return {
    pem: pemOf('CERTIFICATE', certificate.toSchema().toBER()),
    key: KeyObject.from(pair.privateKey),
    pair,
    subject: wish.subject,
  }
}

/** A root, an intermediate, and a server certificate for some names. */
export const issueChain = async (dnsNames: readonly string[], now = new Date()) => {
  const root = await issue({ subject: 'Test Root', ca: 'yes' }, now)
  const intermediate = await issue({ subject: 'Test Intermediate', issuer: root, ca: 'yes' }, now)
  const subject = dnsNames[0] ?? ''
  const leaf = await issue({ subject, issuer: intermediate, dnsNames, usages: [SERVER_AUTH, CLIENT_AUTH] }, now)
  return { root, intermediate, leaf }
}
