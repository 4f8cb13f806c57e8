import type { Answer } from '../http/answer.ts'
import type { Quirks } from './schema.ts'

/** The page with which Imperva, the CDN in front of CertCentral, blocks a call. */
export const blockPage =
  '<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW"></head><body>' +
  '<iframe id="main-iframe">Request unsuccessful. Incapsula incident ID: 0-0</iframe></body></html>\n'

/** What stands between the clients and CertCentral. */
export type Cdn = {
  /** The page in place of an answer, where this call is blocked; nothing is done for it then. */
  readonly blocked: (quirks: Quirks, method: string) => Answer | undefined
  /** The answer as it arrives. */
  readonly passed: (quirks: Quirks, answer: Answer) => Answer
}

const headers = {
  'x-cdn': 'Imperva',
  'x-iinfo': '1-1-1 NNNN CT(0 0 0) RT(0 0) q(0 0 0 0) r(0 0) U6',
  etag: 'W/"0-0"',
  'set-cookie': 'visid_incap_0=0; path=/; Domain=.digicert.com',
}

/** A CDN that no call went through yet. */
export function createCdn(): Cdn {
  let gets = 0
  const passed: Cdn['passed'] = (quirks, answer) =>
    quirks.cdnHeaders ? { ...answer, headers: { ...headers, ...answer.headers } } : answer
  return {
    passed,
    blocked: (quirks, method) => {
      if (quirks.blockPageEvery === 0 || method !== 'GET') return undefined
      gets += 1
      if (gets % quirks.blockPageEvery !== 0) return undefined
      return passed(quirks, { status: 403, file: { contentType: 'text/html', content: blockPage } })
    },
  }
}
