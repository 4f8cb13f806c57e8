import { createPrivateKey, X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'

/** One version of a kubernetes.io/tls Secret, as the API server stored it. */
export type Version = { readonly name: string; readonly resourceVersion: string; readonly data: Record<string, string> }

/** Sees every version of the TLS Secrets of a namespace, also those that are replaced a moment later. */
export type SecretWitness = {
  /** All versions so far, oldest first. Deletions are no versions. */
  readonly versions: () => readonly Version[]
  readonly close: () => void
}

type WatchEvent = {
  type: string
  object: { type?: string; metadata: { name: string; resourceVersion: string }; data?: Record<string, string> }
}

/** Opens one watch, without the operator's client; it must not break while the test runs, and says so if it does. */
export async function witnessSecrets(
  namespace: string,
  kubeconfig = process.env['KUBECONFIG'] ?? '',
): Promise<SecretWitness> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const url = new URL(`${config.getCurrentCluster()?.server ?? ''}/api/v1/namespaces/${namespace}/secrets?watch=1`)
  const options = { agent: false }
  await config.applyToHTTPSOptions(options)
  const seen: Version[] = []
  let broken: string | undefined
  let closing = false
  const note = ({ type, object }: WatchEvent): void => {
    const { name, resourceVersion } = object.metadata
    if (type === 'DELETED' || object.type !== 'kubernetes.io/tls') return
    seen.push({ name, resourceVersion, data: object.data ?? {} })
  }
  const sent = request(url, { ...options, agent: false }, (answer) => {
    let rest = ''
    answer.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) note(JSON.parse(line) as WatchEvent)
    })
    answer.once('close', () => (broken = closing ? undefined : 'the watch ended'))
  })
  sent.on('error', (error) => (broken = closing ? undefined : error.message))
  await new Promise<void>((resolve, reject) => {
    sent.once('response', () => resolve())
    sent.once('error', reject)
    sent.end()
  })
  return {
    versions: () => {
      if (broken !== undefined) throw new Error(`the witness of the Secrets saw not all: ${broken}`)
      return [...seen]
    },
    close: () => {
      closing = true
      sent.destroy()
    },
  }
}

/** What is wrong with a key pair that should serve some names now (promise P3); undefined when nothing is. */
export function faultOfPair({ data }: Pick<Version, 'data'>, names: readonly string[]): string | undefined {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString()
  const chain = text('tls.crt').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const [leaf, ...issuers] = chain.map((pem) => new X509Certificate(pem))
  if (leaf === undefined) return 'tls.crt holds no certificate'
  if (!leaf.checkPrivateKey(createPrivateKey(text('tls.key')))) return 'tls.key is not the key of tls.crt'
  const lacking = names.filter((name) => leaf.checkHost(name, { wildcards: false }) === undefined)
  if (lacking.length > 0) return `tls.crt does not cover ${lacking.join(', ')}`
  if (Date.parse(leaf.validTo) <= Date.now()) return 'tls.crt has expired'
  return faultOfChain([leaf, ...issuers, new X509Certificate(text('ca.crt'))])
}

function faultOfChain(chain: readonly X509Certificate[]): string | undefined {
  if (chain.length < 3) return 'tls.crt lacks its intermediate'
  const unsigned = chain.slice(0, -1).find((link, at) => !link.verify(chain[at + 1]!.publicKey))
  if (unsigned !== undefined) return `${unsigned.subject} is not signed by the next certificate`
  const root = chain.at(-1)!
  return root.verify(root.publicKey) ? undefined : 'ca.crt is no root'
}
