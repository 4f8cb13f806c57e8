import { type BaseBlock, Constructed, fromBER, Integer, ObjectIdentifier, Sequence, Set } from 'asn1js'
import type { Link } from './chain.ts'
import { fromPem, toPem } from './pem.ts'

const signedData = '1.2.840.113549.1.7.2'
const data = '1.2.840.113549.1.7.1'

/** Certificates without a signature as PKCS#7 (RFC 2315, section 9), which is what `p7b` files are. */
export function pkcs7(links: readonly Link[]): string {
  const certificates = links.flatMap(({ pem }) => {
    const der = fromPem('CERTIFICATE', pem)
    return der === undefined ? [] : [fromBER(der.buffer).result]
  })
  const content = new Sequence({
    value: [
      new Integer({ value: 1 }),
      new Set({ value: [] }),
      new Sequence({ value: [new ObjectIdentifier({ value: data })] }),
      tagged(certificates),
      new Set({ value: [] }),
    ],
  })
  const info = new Sequence({ value: [new ObjectIdentifier({ value: signedData }), tagged([content])] })
  return toPem('PKCS7', new Uint8Array(info.toBER(false)))
}

/** A context-specific, constructed value with tag 0. */
function tagged(value: BaseBlock[]): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value })
}
