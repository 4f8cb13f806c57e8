import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** Where scripts, their tests and the statuses that they are tested with are, as in Argo CD's own repository. */
export const SCRIPTS = join(import.meta.dirname, '..', '..', '..', 'deploy', 'gitops', 'argocd', 'lua')

export const KINDS = ['DigiCertOrder', 'DigiCertAccount', 'ClusterDigiCertAccount'] as const

export const textOf = (...path: readonly string[]): string => readFileSync(join(SCRIPTS, ...path), 'utf8')

export const yamlOf = <T = object>(...path: readonly string[]): T => parse(textOf(...path)) as T
