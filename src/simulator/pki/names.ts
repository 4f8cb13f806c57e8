import { PrintableString, Sequence, Set, Utf8String } from 'asn1js'
import { AttributeTypeAndValue, RelativeDistinguishedNames } from 'pkijs'

/** The parts of a subject, in the order in which they are written. */
export type Subject = {
  readonly country?: string | undefined
  readonly state?: string | undefined
  readonly city?: string | undefined
  readonly organization?: string | undefined
  readonly email?: string | undefined
  readonly commonName: string
}

const types: Readonly<Record<keyof Subject, string>> = {
  country: '2.5.4.6',
  state: '2.5.4.8',
  city: '2.5.4.7',
  organization: '2.5.4.10',
  email: '1.2.840.113549.1.9.1',
  commonName: '2.5.4.3',
}

/**
 * A distinguished name of those parts; absent ones are left out. Each part is a set of its own: pkijs would put all of
 * them into one set, so the sequence is encoded here and handed over as if it had been read.
 */
export function distinguishedName(subject: Subject): RelativeDistinguishedNames {
  const value = (Object.keys(types) as (keyof Subject)[]).flatMap((part) => {
    const text = subject[part]
    if (text === undefined) return []
    return [
      new Set({ value: [new AttributeTypeAndValue({ type: types[part], value: encoded(part, text) }).toSchema()] }),
    ]
  })
  return new RelativeDistinguishedNames({ valueBeforeDecode: new Sequence({ value }).toBER(false) })
}

/** The country must be a PrintableString (RFC 5280, appendix A.1). */
function encoded(part: keyof Subject, value: string): PrintableString | Utf8String {
  return part === 'country' ? new PrintableString({ value }) : new Utf8String({ value })
}
