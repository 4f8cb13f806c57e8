import { generateKey, exportKey } from '../../../src/pki/keys.ts'
import { createCsr } from '../../../src/pki/csr.ts'
import type { Cluster } from '../../support/cluster.ts'
import { callAsPerson } from '../../support/life.ts'
import type { SimulatorControl } from '../../support/simulator-control.ts'
import { waitFor } from '../../support/wait-for.ts'

const GROUP = 'cert-manager.io'
const COMMON = 'shop.example.com'

const crd = (kind: string, plural: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${GROUP}` },
  spec: {
    group: GROUP,
    names: { kind, plural, singular: kind.toLowerCase() },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
})

type World = { readonly cluster: Cluster; readonly control: SimulatorControl; readonly url: string }

const asked = (csr: string) => ({
  certificate: { common_name: COMMON, dns_names: [COMMON], csr, signature_hash: 'sha256' },
  organization: { id: 117483 },
  order_validity: { years: 1 },
  skip_approval: true,
})

const issuedIn = ({ status, certificate }: Record<string, unknown>): number | undefined =>
  status === 'issued' ? (certificate as { id?: number } | undefined)?.id : undefined

/** What cert-manager and sapcc/digicert-issuer leave in a namespace: an order, its certificate and the three objects. */
export async function leaveCertificate({ cluster, control, url }: World): Promise<void> {
  await cluster.apply([crd('Certificate', 'certificates'), crd('CertificateRequest', 'certificaterequests')])
  await control.changeSettings({ instant: true })
  const key = await generateKey({ algorithm: 'RSA', size: 2048 })
  const csr = await createCsr(key, [COMMON], COMMON)
  const { id } = await callAsPerson(`${url}/order/certificate/ssl_basic`, 'POST', asked(csr))
  const certificateId = await waitFor(
    async () => issuedIn(await callAsPerson(`${url}/order/certificate/${String(id)}`, 'GET')),
    { what: 'certificate of the order', limitMs: 20_000 },
  )
  const answer = await fetch(`${url}/certificate/${certificateId}/download/format/pem_all`, {
    headers: { 'X-DC-DEVKEY': 'simulator' },
  })
  const text = (await answer.text()).replaceAll('\r', '')
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----\n?/g) ?? []
  if (blocks.length < 2) throw new Error(`no chain to download: ${answer.status} ${text}`)
  const annotations = { 'certmanager.cloud.sap/digicert-order-id': String(id) }
  const waiting = { what: 'kinds of cert-manager', limitMs: 20_000 }
  const [certificate] = await waitFor(() => cluster.apply(requests(annotations)), waiting)
  // As with --enable-certificate-owner-ref: the Secret would go with its Certificate.
  const owner = { apiVersion: `${GROUP}/v1`, kind: 'Certificate', name: 'shop', uid: certificate?.metadata.uid ?? '' }
  await cluster.apply(secretOf(owner, blocks, exportKey(key, 'PKCS1')))
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const namespace = 'shop'
const named = { [`${GROUP}/certificate-name`]: 'shop' }

const requests = (annotations: Record<string, string>): object[] => {
  const spec = { secretName: 'shop-tls', commonName: COMMON, dnsNames: [COMMON], issuerRef: { name: 'digicert' } }
  return [
    { apiVersion: `${GROUP}/v1`, kind: 'Certificate', metadata: { name: 'shop', namespace }, spec },
    {
      apiVersion: `${GROUP}/v1`,
      kind: 'CertificateRequest',
      metadata: { name: 'shop-1', namespace, annotations: { ...annotations, ...named } },
    },
  ]
}

const secretOf = (owner: object, chain: readonly string[], key: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'kubernetes.io/tls',
  metadata: {
    name: 'shop-tls',
    namespace,
    labels: { 'controller.cert-manager.io/fao': 'true' },
    annotations: {
      ...named,
      [`${GROUP}/issuer-name`]: 'digicert',
      [`${GROUP}/issuer-kind`]: 'DigicertIssuer',
      [`${GROUP}/common-name`]: COMMON,
      [`${GROUP}/alt-names`]: COMMON,
    },
    ownerReferences: [owner],
  },
  data: {
    'tls.crt': base64(chain.slice(0, -1).join('')),
    'tls.key': base64(key),
    'ca.crt': base64(chain.at(-1) ?? ''),
  },
})
