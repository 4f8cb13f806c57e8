import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import { GROUP } from '../../src/api/names.ts'

const SCRIPTS = 'deploy/gitops/argocd/lua'

const HEAD = `# Generated from ${SCRIPTS} by \`npm run generate\`: health and actions for Argo CD.
# A patch of its ConfigMap, which leaves alone what else is in there:
#
#   kubectl patch configmap argocd-cm -n argocd --patch-file deploy/gitops/argocd/argocd-cm.yaml
`

/** The part of the ConfigMap argocd-cm that tells Argo CD of our kinds. */
export const argoCdConfig = (root: string): string => {
  const read = (...file: readonly string[]) => readFileSync(path.join(root, SCRIPTS, ...file), 'utf8')
  const data = readdirSync(path.join(root, SCRIPTS)).flatMap((kind) => [
    [`resource.customizations.health.${GROUP}_${kind}`, read(kind, 'health.lua')],
    ...actionsOf(path.join(root, SCRIPTS, kind, 'actions')).map((text) => [
      `resource.customizations.actions.${GROUP}_${kind}`,
      text,
    ]),
  ])
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'argocd-cm',
      namespace: 'argocd',
      labels: { 'app.kubernetes.io/name': 'argocd-cm', 'app.kubernetes.io/part-of': 'argocd' },
    },
    data: Object.fromEntries(data) as Record<string, string>,
  }
  return HEAD + stringify(object, { lineWidth: 0 })
}

/** The actions of a kind in the form of argocd-cm; none where it has none. */
const actionsOf = (directory: string): string[] => {
  if (!existsSync(directory)) return []
  const read = (...file: readonly string[]) => readFileSync(path.join(directory, ...file), 'utf8')
  const names = readdirSync(directory).filter((name) => existsSync(path.join(directory, name, 'action.lua')))
  const definitions = names.map((name) => ({ name, 'action.lua': read(name, 'action.lua') }))
  return [stringify({ 'discovery.lua': read('discovery.lua'), definitions }, { lineWidth: 0 })]
}
