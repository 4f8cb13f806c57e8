import type { Hierarchy } from './authority.ts'
import { certificatePem } from './pem.ts'

/** One certificate of a chain, as the API presents it. */
export type Link = {
  readonly role: 'leaf' | 'intermediate' | 'root'
  readonly subjectCommonName: string
  readonly pem: string
}

/** Leaf first, then the intermediate, then the root (docs/certcentral.md#the-answer-to-an-order). */
export function chainOf(hierarchy: Hierarchy, leaf: { commonName: string; der: Uint8Array }): Link[] {
  const { root, intermediate } = hierarchy
  return [
    { role: 'leaf', subjectCommonName: leaf.commonName, pem: certificatePem(leaf.der) },
    {
      role: 'intermediate',
      subjectCommonName: intermediate.subject.commonName,
      pem: certificatePem(intermediate.der),
    },
    { role: 'root', subjectCommonName: root.subject.commonName, pem: certificatePem(root.der) },
  ]
}
