import { X509Certificate } from 'node:crypto'

/** PEM text with `\r\n` line ends, as the samples of the order pages have it. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\r\n')
}

/** The bytes inside the first PEM block of that label; line breaks inside are optional. */
export function fromPem(label: string, text: string): Uint8Array<ArrayBuffer> | undefined {
  const match = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(text)
  const base64 = match?.[1]?.replaceAll(/\s/g, '')
  return base64 === undefined ? undefined : Uint8Array.from(Buffer.from(base64, 'base64'))
}

/** A certificate as PEM. */
export function certificatePem(der: Uint8Array): string {
  return toPem('CERTIFICATE', der)
}

/** SHA-1 of the certificate in upper-case hex, which the API calls its thumbprint. */
export function thumbprintOf(der: Uint8Array): string {
  return new X509Certificate(der).fingerprint.replaceAll(':', '')
}
