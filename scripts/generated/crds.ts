import { stringify } from 'yaml'
import { KINDS, crdOf } from '../../src/api/crds.ts'

/** One CRD as text, as `crds/` holds it. */
export const crdText = (kind: (typeof KINDS)[number]): string => {
  const crd = stringify(crdOf(kind), { lineWidth: 0, aliasDuplicateObjects: false })
  return `# Generated from src/api by \`npm run generate\`.\n${crd}`
}

/** The files of `crds/`, by path. */
export const crdFiles = (): Map<string, string> =>
  new Map(KINDS.map((kind) => [`crds/${kind.plural}.yaml`, crdText(kind)]))
