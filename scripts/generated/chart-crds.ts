import { KINDS } from '../../src/api/crds.ts'
import { crdText } from './crds.ts'

const KEEP = `  {{- $keep := ternary (dict "helm.sh/resource-policy" "keep") dict .Values.crds.keep }}
  {{- include "digicert-operator.meta" (dict "root" . "annotations" $keep) | nindent 2 }}
`

/** A CRD as a template of the chart, with labels and, if wanted, the mark that an uninstall leaves it. */
const templated = (crd: string): string => {
  if (crd.includes('{{')) throw new Error('a CRD with two braces would be taken for a template')
  const [before, after] = crd.split(/(?<=^metadata:\n)/m)
  if (before === undefined || after === undefined) throw new Error('a CRD has no metadata')
  return `{{- if .Values.crds.enabled }}\n${before}${KEEP}${after}{{- end }}\n`
}

/** The templates of the chart that install the CRDs, by path. */
export const chartCrds = (): Map<string, string> =>
  new Map(KINDS.map((kind) => [`helm/digicert-operator/templates/crds/${kind.plural}.yaml`, templated(crdText(kind))]))
