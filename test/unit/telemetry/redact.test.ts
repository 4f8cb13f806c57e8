import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { REDACTED, createRedactor } from '../../../src/telemetry/redact.ts'

const KEY = ['-----BEGIN EC PRIVATE KEY-----', 'MHcCAQEEIAA', '-----END EC PRIVATE KEY-----'].join('\n')

describe('redaction by name', () => {
  test.each([
    'X-DC-DEVKEY',
    'x-dc-devkey',
    'Authorization',
    'Proxy-Authorization',
    'apiKey',
    'api-key',
    'password',
    'token',
    'cvv',
    'tls.key',
    'privateKey',
    'private-key',
  ])('blots out the value of %s, at any depth', (name) => {
    const { value } = createRedactor()
    expect(value({ [name]: 'hidden', at: [{ deeper: { [name]: { more: 'hidden' } } }] })).toEqual({
      [name]: REDACTED,
      at: [{ deeper: { [name]: REDACTED } }],
    })
  })

  test.each(['key', 'keySecretName', 'tokens', 'publicKey', 'tls.crt', 'orderId'])('leaves %s', (name) => {
    expect(createRedactor().value({ [name]: 'open' })).toEqual({ [name]: 'open' })
  })
})

describe('redaction by shape', () => {
  test.each([
    ['a private key', `before\n${KEY}\nafter`, `before\n${REDACTED}\nafter`],
    ['a private key cut off', `before ${KEY.slice(0, 40)}`, `before ${REDACTED}`],
    ['two private keys', `${KEY} and ${KEY}`, `${REDACTED} and ${REDACTED}`],
    ['a bearer token', 'sent Bearer abc.def-ghi= to it', `sent ${REDACTED} to it`],
    ['a header with the API key', 'X-DC-DEVKEY: abcdef and more', `X-DC-DEVKEY: ${REDACTED} and more`],
    ['the API key in JSON', '{"X-DC-DEVKEY":"abcdef","a":1}', `{"X-DC-DEVKEY":"${REDACTED}","a":1}`],
    ['a password in a URL', 'by http://agent:pa55@proxy:3128/', `by http://${REDACTED}@proxy:3128/`],
    ['no password in a port', 'https://www.digicert.com:443/a@b', 'https://www.digicert.com:443/a@b'],
    ['nothing in a certificate', '-----BEGIN CERTIFICATE-----', '-----BEGIN CERTIFICATE-----'],
  ])('finds %s', (_what, text, wanted) => {
    const { text: redact, value } = createRedactor()
    expect(redact(text)).toBe(wanted)
    expect(value([text])).toEqual([wanted])
  })
})

describe('redaction by value', () => {
  test('blots a secret out that it learned, wherever it shows up', () => {
    const redactor = createRedactor()
    redactor.learn('s3cret-api-key')
    expect(redactor.value({ message: 'the key s3cret-api-key is bad', list: ['s3cret-api-key'] })).toEqual({
      message: `the key ${REDACTED} is bad`,
      list: [REDACTED],
    })
  })

  test('does not learn what is too short to be a secret', () => {
    const redactor = createRedactor()
    redactor.learn('')
    redactor.learn('seven77')
    expect(redactor.text('order seven77 is fine')).toBe('order seven77 is fine')
  })

  test('holds for every secret and every text around it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!REDACTED.includes(secret))
        const redactor = createRedactor()
        redactor.learn(secret)
        expect(redactor.text(`${before}${secret}${after}`).includes(secret)).toBe(false)
      }),
    )
  })
})

describe('an error', () => {
  test('is told by name, message, code and causes', () => {
    const error = new TypeError(`it broke over ${KEY}`, {
      cause: Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' }),
    })
    expect(createRedactor().value({ error })).toMatchObject({
      error: {
        name: 'TypeError',
        message: `it broke over ${REDACTED}`,
        cause: { name: 'Error', message: 'connect refused', code: 'ECONNREFUSED' },
      },
    })
    expect(JSON.stringify(createRedactor().value({ error }))).not.toContain('MHcCAQ')
  })

  test('does not drag along the request that it belongs to', () => {
    const error = Object.assign(new Error('Request failed with status code 403'), {
      name: 'AxiosError',
      code: 'ERR_BAD_REQUEST',
      config: { headers: { 'X-DC-DEVKEY': 'abcdefghijkl' }, data: '{"certificate":{"csr":"..."}}' },
      request: { path: '/order' },
      response: { data: { errors: [] }, headers: { 'set-cookie': 'session' } },
    })
    const told = createRedactor().value(error) as Record<string, unknown>
    expect(Object.keys(told).sort()).toEqual(['code', 'message', 'name', 'stack'])
    expect(JSON.stringify(told)).not.toContain('abcdefghijkl')
  })

  test('that causes itself is told to an end', () => {
    const error = new Error('round and round')
    error.cause = error
    expect(JSON.stringify(createRedactor().value(error)).length).toBeLessThan(20_000)
  })
})

test('an object that contains itself is told to an end', () => {
  const round: Record<string, unknown> = { name: 'round' }
  round['self'] = round
  expect(JSON.stringify(createRedactor().value(round))).toContain('[deep]')
})

test.each([[5], [true], [null], [undefined]])('%p passes as it is', (given) => {
  expect(createRedactor().value(given)).toBe(given)
})

test('a date is told as text', () => {
  expect(createRedactor().value({ at: new Date(0) })).toEqual({ at: '1970-01-01T00:00:00.000Z' })
})
