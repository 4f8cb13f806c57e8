import { Command } from 'commander'
import { stringify } from 'yaml'
import { KINDS, crdOf } from './api/crds.ts'

/** All CustomResourceDefinitions as one YAML stream. */
export const crdsYaml = (): string =>
  KINDS.map((kind) => stringify(crdOf(kind), { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')

/** `digicert-operator crds`: what `kubectl apply --server-side -f -` wants to read. */
export const crdsCommand = (): Command =>
  new Command('crds').description('print the CustomResourceDefinitions').action(() => {
    process.stdout.write(crdsYaml())
  })
