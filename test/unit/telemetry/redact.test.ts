import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { REDACTED, createRedactor, proxySecrets } from '../../../src/telemetry/redact.ts'

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
    ['a password with a sign in it', 'by http://agent:p:a@5@proxy:3128/', `by http://${REDACTED}@proxy:3128/`],
    ['passwords of several URLs', 'a://b:c@d e://f:g@h', `a://${REDACTED}@d e://${REDACTED}@h`],
    ['no password in a user', 'http://agent@proxy:3128/', 'http://agent@proxy:3128/'],
    ['no password in a port', 'https://www.digicert.com:443/a@b', 'https://www.digicert.com:443/a@b'],
    ['nothing in a certificate', '-----BEGIN CERTIFICATE-----', '-----BEGIN CERTIFICATE-----'],
  ])('finds %s', (_what, text, wanted) => {
    const { text: redact, value } = createRedactor()
    expect(redact(text)).toBe(wanted)
    expect(value([text])).toEqual([wanted])
  })
})

describe('a secret of our own settings', () => {
  test('is blotted out wherever it shows up', () => {
    const redactor = createRedactor()
    redactor.addSecret('s3cret-proxy')
    expect(redactor.value({ message: 'the word s3cret-proxy is bad', list: ['s3cret-proxy'] })).toEqual({
      message: `the word ${REDACTED} is bad`,
      list: [REDACTED],
    })
  })

  test('is not learned where it is too short to be a secret', () => {
    const redactor = createRedactor()
    redactor.addSecret('')
    redactor.addSecret('seven77')
    expect(redactor.text('order seven77 is fine')).toBe('order seven77 is fine')
  })

  test('is found whatever it is and whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!REDACTED.includes(secret))
        const redactor = createRedactor()
        redactor.addSecret(secret)
        expect(redactor.text(`${before}${secret}${after}`).includes(secret)).toBe(false)
      }),
    )
  })
})

const API_KEY = 'K3Y5H0ULDN3V3RB3S33N'

describe('a secret that others chose', () => {
  test('is blotted out while anyone holds it, and not a moment longer', () => {
    const { track: hold, trackedCount: held, text } = createRedactor()
    const says = `the key ${API_KEY}, (${API_KEY}) and "${API_KEY}${API_KEY}"`
    const [one, other] = [hold(API_KEY), hold(API_KEY)]
    one()
    one()
    expect(text(says)).toBe(`the key ${REDACTED}, (${REDACTED}) and "${REDACTED}${REDACTED}"`)
    expect(held()).toBe(1)
    other()
    expect(text(says)).toBe(says)
    expect(held()).toBe(0)
  })

  test.each(['', 'blindord', 'K3Y5H0ULDN3V3RB3S33', 'order one of tenant two', `${API_KEY}\n`])(
    'is not held as %j',
    (secret) => {
      const { track: hold, trackedCount: held, text } = createRedactor()
      const release = hold(secret)
      expect(held()).toBe(0)
      expect(text(`order ${secret} is fine`)).toBe(`order ${secret} is fine`)
      expect(release).not.toThrow()
    },
  )

  const ofKeys = (unit: string) => fc.string({ unit: fc.constantFrom(...unit.split('')), minLength: 20, maxLength: 60 })

  test('is found among many, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.array(ofKeys('Ab1_'), { minLength: 1 }), fc.string(), fc.string(), (secrets, before, after) => {
        const { track: hold, text } = createRedactor()
        for (const secret of secrets) hold(secret)
        for (const secret of secrets) expect(text(`${before}${secret}${after}`)).not.toContain(secret)
      }),
    )
  })

  test('is found where it is longer or shorter than another that begins alike, or was cut', () => {
    const { track: hold, text } = createRedactor()
    const release = hold(`${API_KEY}AND9MORE`)
    hold(API_KEY)
    expect(text(`${API_KEY}AND9MORE is good`)).toBe(`${REDACTED} is good`)
    expect(text(`${API_KEY}AND… is cut`)).toBe(`${REDACTED}… is cut`)
    release()
    expect(text(`${API_KEY}AND9MORE is good`)).toBe(`${REDACTED}AND9MORE is good`)
  })

  test.each([
    'time',
    'namespace',
    'name',
    'kind',
    'account',
    'reason',
    'orderId',
    'level',
    'key',
    'k8s.namespace.name',
  ])('does not hide the field %s, which names things', (name) => {
    const { track: hold, value } = createRedactor()
    hold(API_KEY)
    const wanted = { [name]: API_KEY, at: { [name]: `shop/${API_KEY}` }, why: `of ${REDACTED}` }
    expect(value({ [name]: API_KEY, at: { [name]: `shop/${API_KEY}` }, why: `of ${API_KEY}` })).toEqual(wanted)
  })

  test('in a field that names things is found by its shape all the same', () => {
    expect(createRedactor().value({ name: KEY, account: 'X-DC-DEVKEY: abc' })).toEqual({
      name: REDACTED,
      account: `X-DC-DEVKEY: ${REDACTED}`,
    })
  })
})

/** Milliseconds of processor time, the least of some tries: what else the machine does only adds to it. */
const costOf = (work: () => void): number =>
  Math.min(
    ...Array.from({ length: 3 }, () => {
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    }),
  )

/** Sixteen times the text may take sixteen times as long. Where each place is gone through for each other it takes 256 times. */
const GROWTH = 96

describe('what redaction costs', () => {
  const PARTS = [
    ...[
      '://::::',
      '://',
      '://a:',
      '://a:b@',
      '://@',
      ':',
      '@',
      '-----BEGIN ',
      '-----BEGIN PRIVATE KEY-----',
      '-----END ',
    ],
    ...[
      '-----BEGIN PRIVATE ',
      '-----END PRIVATE ',
      '-',
      'Bearer ',
      'Bearer',
      'Bearer a=',
      'x-dc-devkey',
      'x-dc-devkey ',
    ],
    ...[
      'x-dc-devkey: ',
      'x-dc-devkey:"',
      ' ',
      '\n',
      '"',
      'PRIVATE KEY',
      'A',
      'a b',
      API_KEY.slice(0, 19),
      API_KEY,
      'K',
    ],
  ]

  test.each(PARTS)('of %j, again and again, grows no faster than the text', (part) => {
    const { track: hold, text } = createRedactor()
    hold(API_KEY)
    const long = (characters: number) => part.repeat(Math.ceil(characters / part.length))
    const [short, sixteenTimes] = [long(4096), long(65_536)]
    const most =
      Math.max(
        costOf(() => text(short)),
        0.5,
      ) * GROWTH
    expect(costOf(() => text(sixteenTimes))).toBeLessThan(most)
    for (const begin of ['://a:b', '-----BEGIN ', 'x-dc-devkey'])
      expect(costOf(() => text(begin + sixteenTimes))).toBeLessThan(most)
  })

  test('is the same for one secret and for ten thousand', () => {
    const line = `${'a word or two of a line '.repeat(2000)} ${'LONG0'.repeat(2000)}`
    const holding = (count: number) => {
      const { track: hold, text } = createRedactor()
      for (let number = 0; number < count; number += 1) hold(`${API_KEY}${String(number)}`.split('').reverse().join(''))
      return costOf(() => text(line))
    }
    expect(holding(10_000)).toBeLessThan(Math.max(holding(1), 1) * 20)
  })
})

describe('an error', () => {
  test('is written with name, message, code and causes', () => {
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

  test('that causes itself is written up to a depth', () => {
    const error = new Error('round and round')
    error.cause = error
    expect(JSON.stringify(createRedactor().value(error)).length).toBeLessThan(20_000)
  })
})

test('an object that contains itself is written up to a depth', () => {
  const round: Record<string, unknown> = { name: 'round' }
  round['self'] = round
  expect(JSON.stringify(createRedactor().value(round))).toContain('[deep]')
})

test.each([[5], [true], [null], [undefined]])('%p passes as it is', (given) => {
  expect(createRedactor().value(given)).toBe(given)
})

test('a date is written as text', () => {
  expect(createRedactor().value({ at: new Date(0) })).toEqual({ at: '1970-01-01T00:00:00.000Z' })
})

const basic = (credentials: string): string => Buffer.from(credentials).toString('base64')

describe('the secrets of a proxy', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    ['a password', { HTTPS_PROXY: 'http://me:p%40ss@proxy' }, ['p%40ss', 'p@ss', basic('me:p@ss')]],
    ['one without a scheme', { all_proxy: 'me:pass@proxy:3128' }, ['pass', 'pass', basic('me:pass')]],
    ['one with a stray %', { HTTPS_PROXY: 'http://me:50%@proxy' }, ['50%', '50%', basic('me:50%')]],
    ['nothing without a password', { HTTPS_PROXY: 'http://proxy:3128', ALL_PROXY: 'http://me@proxy' }, []],
    ['nothing of what is no URL', { HTTPS_PROXY: 'http://me:pass@' }, []],
    ['nothing where there is none', {}, []],
  ])('are found: %s', (_what, env, wanted) => {
    expect(proxySecrets(env)).toEqual(wanted)
  })
})
