/** Under which name a schema notes the fields of CertCentral's order pages that it stands for. */
export const WIRE = 'x-certcentral'

/**
 * Notes the fields of a request (pages 000 to 004) that a field of the spec becomes, with dots for nesting.
 * `docs/reference.md` prints them; they are left out of the CRDs.
 */
export const wire = (...fields: readonly string[]) => ({ [WIRE]: fields })
