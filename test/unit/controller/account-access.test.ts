import { describe, expect, test } from '@jest/globals'
import {
  KEY_REFUSED,
  accessHash,
  accountKey,
  accountName,
  caBundleOf,
  tryKey,
  unreachableBy,
} from '../../../src/controller/account-access.ts'
import { anAccount } from '../../support/session.ts'
import { type Answering, answer, replay, reset, withServer } from '../certcentral/fake-server.ts'

const REACH = {
  allowedHosts: [
    'www.digicert.com',
    'localhost:8443',
    'sim.example',
    'named.example:443',
    '[::1]:8443',
    '[2001:db8::1]',
  ],
  allowHttp: 'no',
} as const

describe('the URL of an account', () => {
  test.each([
    'https://www.digicert.com/services/v2',
    'https://WWW.DigiCert.com/services/v2',
    'https://www.digicert.com:443/services/v2',
    'https://localhost:8443/services/v2',
    'https://sim.example/services/v2',
    'https://sim.example:443/services/v2',
    'https://named.example/services/v2',
    'https://[::1]:8443/services/v2',
    'https://[0:0:0:0:0:0:0:1]:8443/services/v2',
    'https://[2001:DB8::1]/services/v2',
  ])('%s may be called', (url) => {
    expect(unreachableBy(url, REACH)).toBeUndefined()
  })

  test.each([
    ['https://evil.example/services/v2', /^host evil\.example is not one of --allowed-hosts/],
    ['https://www.digicert.com.evil.example/', /is not one of/],
    ['https://www.digicert.com@evil.example/', /^host evil\.example is not/],
    ['https://evil.example/?www.digicert.com', /is not one of/],
    ['https://localhost/', /^host localhost is not one of/],
    ['https://localhost:8444/', /is not one of/],
    ['https://169.254.169.254/latest/meta-data', /is not one of/],
    ['https://[::ffff:169.254.169.254]/latest/meta-data', /is not one of/],
    ['https://2852039166/latest/meta-data', /^host 169\.254\.169\.254 is not one of/],
    ['https://0xa9fea9fe/latest/meta-data', /^host 169\.254\.169\.254 is not one of/],
    ['https://metadata.google.internal/computeMetadata/v1', /is not one of/],
    ['https://kubernetes.default.svc/api', /is not one of/],
    ['https://10.96.0.1/api', /is not one of/],
    ['https://127.0.0.1/', /is not one of/],
    ['https://127.1/', /^host 127\.0\.0\.1 is not one of/],
    ['https://sim.example:9999/services/v2', /^host sim\.example:9999 is not one of/],
    ['https://sim.example:80/services/v2', /^host sim\.example:80 is not one of/],
    ['https://named.example:444/services/v2', /^host named\.example:444 is not one of/],
    ['https://[::1]/', /^host \[::1\] is not one of/],
    ['https://[::2]:8443/', /is not one of/],
    ['https://[2001:db8::1]:8443/', /is not one of/],
    ['https://localhost.:8443/', /is not one of/],
    ['https://www.digicert.com./', /is not one of/],
    ['https://wwwXdigicert.com/', /is not one of/],
    ['https://www.digicert.com%2eevil.example/', /is not one of/],
    ['https://evil.example\\@www.digicert.com/', /^host evil\.example is not/],
    ['https://www.dіgicert.com/', /^host www\.xn--/],
    ['javascript:alert(1)', /is not https/],
    ['data:text/plain,www.digicert.com', /is not https/],
    ['http://www.digicert.com/services/v2', /is not https; the operator would have to run with --allow-http/],
    ['file:///etc/passwd', /is not https/],
    ['no url', /is no URL/],
    ['', /is no URL/],
  ])('%j may not, and it is said why', (url, sentence) => {
    expect(unreachableBy(url, REACH)).toMatch(sentence)
  })

  describe('without TLS, where the operator runs with --allow-http,', () => {
    const reach = (...allowedHosts: string[]) => ({ allowedHosts, allowHttp: 'yes' }) as const

    test.each([
      ['http://localhost:8080/services/v2', 'localhost:8080'],
      ['http://localhost/services/v2', 'localhost:80'],
      ['http://localhost:80/services/v2', 'localhost:80'],
      ['http://localhost:443/services/v2', 'localhost:443'],
      ['http://[::1]:8080/services/v2', '[::1]:8080'],
      ['http://127.1:8080/services/v2', '127.0.0.1:8080'],
    ])('%s may be called where %s is named', (url, entry) => {
      expect(unreachableBy(url, reach(entry))).toBeUndefined()
    })

    test.each([
      ['http://localhost:8080/services/v2', 'localhost', 'localhost:8080'],
      ['http://localhost:8080/services/v2', 'localhost:8081', 'localhost:8080'],
      ['http://localhost/services/v2', 'localhost', 'localhost:80'],
      ['http://localhost/services/v2', 'localhost:443', 'localhost:80'],
      ['http://localhost:443/services/v2', 'localhost', 'localhost:443'],
      ['http://[::1]:8080/services/v2', '[::1]', '[::1]:8080'],
      ['http://evil.example/', 'localhost:80', 'evil.example:80'],
      ['https://localhost:8443/services/v2', 'localhost', 'localhost:8443'],
      ['https://localhost/services/v2', 'localhost:8443', 'localhost'],
    ])('%s may not where %s is, and it is said that %s is to be named', (url, entry, wanted) => {
      expect(unreachableBy(url, reach(entry))).toBe(
        `host ${wanted} is not one of --allowed-hosts (${entry}); the operator would have to run with ${wanted} among them`,
      )
      expect(unreachableBy(url, reach(entry, wanted))).toBeUndefined()
    })

    test.each(['ftp://localhost/', 'file:///etc/passwd', 'javascript:alert(1)'])('%s may not', (url) => {
      expect(unreachableBy(url, reach('localhost', 'localhost:80'))).toMatch(/is not https/)
    })
  })
})

describe('names and keys', () => {
  test('tell the kinds apart', () => {
    expect(accountName('DigiCertAccount', 'shop', 'a')).toBe('DigiCertAccount shop/a')
    expect(accountName('ClusterDigiCertAccount', undefined, 'a')).toBe('ClusterDigiCertAccount a')
    expect(accountKey('DigiCertAccount', 'shop', 'a')).toBe('DigiCertAccount/shop/a')
    expect(accountKey('ClusterDigiCertAccount', undefined, 'a')).toBe('ClusterDigiCertAccount/a')
  })
})

describe('the hash of an access', () => {
  const base = accessHash(anAccount(), 'key')

  test.each<readonly [string, Record<string, unknown>, string]>([
    ['URL', { url: 'https://certcentral.digicert.eu/services/v2' }, 'key'],
    ['CA bundle', { caBundle: 'QQ==' }, 'key'],
    ['budget', { requestsPerSecond: 1 }, 'key'],
    ['key', {}, 'another'],
  ])('is another one with another %s', (_what, spec, apiKey) => {
    expect(accessHash(anAccount(spec), apiKey)).not.toBe(base)
  })

  test('is the same with another policy, and does not hold the key', () => {
    expect(accessHash(anAccount({ policy: { maxOrdersPerDay: 1 } }), 'key')).toBe(base)
    expect(base).toMatch(/^[0-9a-f]{64}$/)
  })
})

test('the CA bundle is PEM behind its base64, and absent where there is none', () => {
  expect(caBundleOf(anAccount({ caBundle: Buffer.from('PEM').toString('base64') }))).toEqual({ caBundle: 'PEM' })
  expect(caBundleOf(anAccount())).toEqual({})
})

describe('a key that is tried', () => {
  const verdict = (answering: Answering) => withServer([answering], tryKey)

  test('belongs to somebody', async () => {
    const { ready, reason, message } = await verdict(replay('user/me'))
    expect([ready, reason]).toEqual(['yes', 'KeyAccepted'])
    expect(message).toMatch(/^The API key belongs to \S+/)
  })

  test.each<readonly [string, Answering, object]>([
    [
      'is refused by 401',
      answer(401, '{"errors":[{"code":"access_denied|invalid_api_key","message":"no"}]}'),
      KEY_REFUSED,
    ],
    ...['access_denied_invalid_key', 'invalid_api_key'].map(
      (detail) =>
        [
          `is refused by 403 with ${detail}`,
          answer(403, `{"errors":[{"code":"access_denied|${detail}","message":"Access denied due to ${detail}."}]}`),
          KEY_REFUSED,
        ] as const,
    ),
    [
      'may not ask who it is, and may be used all the same',
      answer(403, '{"errors":[{"code":"access_denied|missing_permission","message":"no"}]}'),
      { ready: 'yes', reason: 'KeyAccepted' },
    ],
    [
      'is not known to be good where another host is named in place of an answer',
      answer(302, '', { Location: 'https://evil.example/' }),
      { ready: 'no', reason: 'Unreachable' },
    ],
    ['is not known to be good where CertCentral breaks', answer(500, '{}'), { ready: 'no', reason: 'Unreachable' }],
    ['is not known to be good where nobody answers', reset, { ready: 'no', reason: 'Unreachable' }],
    ['is not known to be good behind a page of HTML', answer(200, '<html>'), { ready: 'no', reason: 'Unreachable' }],
  ])('%s', async (_sentence, answering, wanted) => {
    expect(await verdict(answering)).toMatchObject(wanted)
  })
})
