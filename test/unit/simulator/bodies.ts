import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key and a signing request for it, both PEM, made by openssl: an implementation that shares nothing with ours. */
export type KeyAndRequest = { readonly key: string; readonly csr: string }

/** Makes a key, `rsa:2048` or `ec`, and a signing request for a common name. */
export function makeRequest(kind: 'rsa:2048' | 'rsa:1024' | 'ec' = 'ec', commonName = 'x'): KeyAndRequest {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
  const algorithm = kind === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : [kind]
  const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'csr')]
  try {
    const options = { stdio: 'ignore' } as const
    execFileSync(
      'openssl',
      ['req', '-new', '-nodes', '-subj', `/CN=${commonName}`, '-newkey', ...algorithm, ...files],
      options,
    )
    return { key: readFileSync(join(folder, 'key'), 'utf8'), csr: readFileSync(join(folder, 'csr'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One request that tests share when they do not look at the key. */
export const shared = makeRequest()

/** The body of a GeoTrust DV order (page 003), with changes at its top level and in its certificate. */
export function dvOrder(changes: object = {}, certificate: object = {}): Record<string, unknown> {
  return {
    certificate: { common_name: 'shop.example.com', csr: shared.csr, signature_hash: 'sha256', ...certificate },
    order_validity: { years: 1 },
    dcv_method: 'dns-txt-token',
    ...changes,
  }
}

/** The body of a Secure Site Pro order (page 000). */
export function ovOrder(changes: object = {}, certificate: object = {}): Record<string, unknown> {
  return dvOrder({ organization: { id: 117483 }, ...changes }, certificate)
}

/** The body of a reissue. */
export function reissueOf(certificate: object = {}, changes: object = {}): Record<string, unknown> {
  const base = { common_name: 'shop.example.com', csr: shared.csr, signature_hash: 'sha256' }
  return { certificate: { ...base, ...certificate }, ...changes }
}

export const dvPath = '/order/certificate/ssl_dv_geotrust_flex'
export const ovPath = '/order/certificate/ssl_securesite_pro'
