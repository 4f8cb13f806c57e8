import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { Resource } from '../../test/support/api-server.ts'
import { API_VERSION } from '../../src/api/names.ts'

/** One file of sample objects. */
export type ExampleFile = { readonly path: string; readonly documents: readonly Resource[] }

/** Kind, name and namespace of an account that the samples buy from; a cluster account has no namespace. */
type AccountName = { readonly kind: string; readonly name: string; readonly namespace?: string }

/** Label on the accounts that the demo makes. */
export const DEMO_LABEL = 'digicert-operator.io/demo'

/** What the accounts of the demo have in common. */
export type AccountSettings = { readonly url: string; readonly apiKey: string; readonly operatorNamespace: string }

/** @throws Error when there are no files. */
export function readExamples(directory: string): ExampleFile[] {
  const files = readdirSync(directory).filter((file) => /\.ya?ml$/.test(file))
  if (files.length === 0) throw new Error(`no samples in ${directory}`)
  return files.sort().map((file) => {
    const path = join(directory, file)
    const documents = parseAllDocuments(readFileSync(path, 'utf8')).map(
      (document) => document.toJS() as Resource | null,
    )
    return { path, documents: documents.filter((document) => document !== null) }
  })
}

/** The orders among the samples. */
export const ordersOf = (files: readonly ExampleFile[]): Resource[] =>
  files.flatMap(({ documents }) => documents).filter(({ kind }) => kind === 'DigiCertOrder')

/** Every namespace that the samples name. */
export function namespacesOf(files: readonly ExampleFile[]): string[] {
  const documents = files.flatMap((file) => file.documents)
  return [...new Set(documents.flatMap(({ metadata }) => metadata.namespace ?? []))]
}

/** Whether a file has nothing in it that would reach another CertCentral than the simulator. */
export const isApplicableAsIs = ({ documents }: ExampleFile): boolean => !documents.some(isAccount)

/** Documents of a file that are no accounts; those are made by `accountsFor`. */
export const withoutAccounts = ({ documents }: ExampleFile): Resource[] => documents.filter((one) => !isAccount(one))

/** An account, and the Secret with its API key, for each account that a sample order or file names. */
export function accountsFor(files: readonly ExampleFile[], settings: AccountSettings): object[] {
  const written = files.flatMap(({ documents }) => documents.filter(isAccount))
  const named = new Map(ordersOf(files).map((order) => [keyOf(accountOf(order)), accountOf(order)]))
  for (const account of written) named.set(keyOf(nameOf(account)), nameOf(account))
  return [...named.values()].flatMap((name) => {
    const sample = written.find((account) => keyOf(nameOf(account)) === keyOf(name))
    return accountAndSecret(name, (sample?.['spec'] ?? {}) as Record<string, unknown>, settings)
  })
}

const isAccount = ({ kind }: Resource): boolean => kind === 'DigiCertAccount' || kind === 'ClusterDigiCertAccount'

const keyOf = ({ kind, namespace, name }: AccountName): string => `${kind}/${namespace ?? ''}/${name}`

const nameOf = ({ kind = '', metadata: { name, namespace } }: Resource): AccountName =>
  namespace === undefined ? { kind, name } : { kind, name, namespace }

function accountOf(order: Resource): AccountName {
  const spec = order['spec'] as { accountRef: { kind?: string; name: string } }
  const { kind = 'DigiCertAccount', name } = spec.accountRef
  const { namespace = 'default' } = order.metadata
  return kind === 'DigiCertAccount' ? { kind, name, namespace } : { kind, name }
}

function accountAndSecret(account: AccountName, sample: Record<string, unknown>, settings: AccountSettings): object[] {
  const { kind, name, namespace } = account
  const { apiKeySecretRef = { name: `${name}-api-key`, key: 'api-key' } } = sample as {
    apiKeySecretRef?: { name: string; key?: string }
  }
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: apiKeySecretRef.name, namespace: namespace ?? settings.operatorNamespace },
    stringData: { [apiKeySecretRef.key ?? 'api-key']: settings.apiKey },
  }
  const labels = { [DEMO_LABEL]: 'true' }
  const metadata = namespace === undefined ? { name, labels } : { name, namespace, labels }
  const spec = { ...DEFAULTS, ...sample, apiKeySecretRef, url: settings.url, ...DEMO }
  return [secret, { apiVersion: API_VERSION, kind, metadata, spec }]
}

/* For orders that are silent about them; the organization is one that the simulator knows. */
const DEFAULTS = { defaults: { organization: { id: 117483 }, dcv: { method: 'dns-txt-token' } } }

/* The simulator refuses a second order with the same id, and has no limit that a person would have to wait for. */
const DEMO = { uniqueAlternativeOrderIds: true, requestsPerSecond: 5.5 }
