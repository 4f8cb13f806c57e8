import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** Where scripts, their tests and the statuses that they are tested with are, as in Argo CD's own repository. */
export const SCRIPTS = join(import.meta.dirname, '..', '..', '..', 'deploy', 'gitops', 'argocd', 'lua')

export const KINDS = ['DigiCertOrder', 'DigiCertAccount', 'ClusterDigiCertAccount'] as const

export const textOf = (...path: readonly string[]): string => readFileSync(join(SCRIPTS, ...path), 'utf8')

/** An object of the Kubernetes API, as far as the tests look into it. */
export type Manifest = {
  kind: string
  metadata: { name: string; generation: number; deletionTimestamp?: string }
  spec: Record<string, unknown>
  status?: { observedGeneration?: number; conditions?: { type: string; status: string; reason: string }[] }
}

export const manifest = (kind: string, path: string): Manifest => parse(textOf(kind, path)) as Manifest

type HealthTest = { healthStatus: { status: string; message?: string }; inputPath: string }

/** The expectations of a file in the form of Argo CD's health_test.yaml. */
export const testsOf = (kind: string, file: 'health_test.yaml' | 'kstatus_test.yaml'): HealthTest[] =>
  (parse(textOf(kind, file)) as { tests: HealthTest[] }).tests
