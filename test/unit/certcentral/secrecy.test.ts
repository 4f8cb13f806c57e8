import { describe, expect, test } from '@jest/globals'
import { inspect } from 'node:util'
import type { CertCentral } from '../../../src/certcentral/index.ts'
import { createRateLimiter, createCertCentral } from '../../../src/certcentral/index.ts'
import { isUnmistakable } from '../../../src/certcentral/http.ts'
import type { Answering } from './fake-server.ts'
import {
  answer,
  API_KEY,
  clientOf,
  errorOf,
  hang,
  ORDER_BODY,
  place,
  reset,
  startServer,
  withServer,
} from './fake-server.ts'

const CARD = '4111111111111111'
const BODY = {
  ...ORDER_BODY,
  payment_method: 'card',
  credit_card: { number: CARD, expiration_month: 12, expiration_year: 2030, cvv: 987, cardholder_name: 'Jill Holder' },
}

/** Every way in which something may become text. */
const texts = (value: unknown): string =>
  [
    String(value),
    JSON.stringify(value),
    inspect(value, { depth: 10, showHidden: true }),
    inspect(value, { depth: 10, getters: true }),
    value instanceof Error ? `${value.stack} ${inspect(value.cause)}` : '',
    JSON.stringify(Object.getOwnPropertyNames(value).map((name) => (value as Record<string, unknown>)[name])),
  ].join('\n')

const expectNoSecret = (value: unknown): void => {
  const text = texts(value)
  for (const secret of [API_KEY, CARD, 'Jill Holder', 'BEGIN CERTIFICATE REQUEST', 'X-DC-DEVKEY', 'axios'])
    expect(text.toLowerCase()).not.toContain(secret.toLowerCase())
}

/** Sends back what it was sent, as the error pages of some gateways do. */
const echo =
  (status: number): Answering =>
  (request, response) => {
    const message = `you sent ${JSON.stringify(request.headers['x-dc-devkey'])} and card 4111-1111-1111-1111`
    response.writeHead(status).end(JSON.stringify({ errors: [{ code: `bad|${API_KEY}`, message }] }))
  }

describe('neither key nor body becomes text in the error of', () => {
  test.each<[string, Answering]>([
    ['a refusal', echo(400)],
    ['an outage', echo(500)],
    ['a reset', reset],
    ['a timeout', hang],
    ['an unreadable answer', answer(201, `<html>${API_KEY} ${CARD}</html>`)],
    ['an answer of the wrong shape', answer(201, JSON.stringify({ id: API_KEY }))],
    ['a redirect', answer(302, '', { Location: `https://evil.example/${API_KEY}` })],
    ['an answer that is no HTTP', (request) => request.socket.end(`${API_KEY}\r\n\r\n`)],
    ['a huge answer', answer(201, API_KEY.repeat(60_000))],
  ])('%s', async (_, behaviour) => {
    const error = await withServer([behaviour], (client) => errorOf(place(client, BODY)), { requestTimeoutMs: 150 })
    expectNoSecret(error)
    expect(error.cause).toBeUndefined()
  })

  test('a connection that is refused', async () => {
    const server = await startServer(hang)
    await server.close()
    expectNoSecret(await errorOf(place(clientOf(server), BODY)))
  })

  test('a body that is not sent', async () => {
    await withServer([hang], async (client) => {
      const wrong = { ...BODY, credit_card: { ...BODY.credit_card, number: '', pin: CARD }, skip_approval: CARD }
      expectNoSecret(await errorOf(place(client, wrong)))
    })
  })
})

describe('the key stays in the client', () => {
  test('whatever is printed of it', async () => {
    await withServer([echo(200)], async (client) => {
      await errorOf(client.orderInfo(5))
      expectNoSecret(client)
      const methods = Object.values(client as unknown as Record<string, unknown>)
      for (const method of methods) expectNoSecret(method)
    })
  })

  test('even when the server puts it into what is read', async () => {
    const body = JSON.stringify({ id: 5, status: API_KEY, certificate: { common_name: API_KEY } })
    expectNoSecret(await withServer([answer(200, body)], (client) => client.orderInfo(5)))
  })
})

describe('a key that is a word or a name', () => {
  test.each(['demo', 'a', '1', 'Demo User', 'payments-prod-2.shop.example.com', 'DigiCertAccount/shop1/certcentral'])(
    '%j blots nothing out of what CertCentral says',
    async (apiKey) => {
      const body = JSON.stringify({
        id: 11,
        first_name: apiKey,
        last_name: 'User',
        access_roles: [{ name: 'a 1 demo' }],
      })
      const asking = (client: CertCentral) => client.userMe()
      expect(await withServer([answer(200, body)], asking, { apiKey: apiKey.replaceAll(' ', '-') })).toEqual({
        userId: 11,
        name: `${apiKey} User`,
        roles: ['a 1 demo'],
      })
    },
  )
})

describe('a key can be looked for', () => {
  test.each([
    ['as tests have it', API_KEY],
    ['of DigiCert', 'QIOIBBFQ2BSTK3XSPCFRTOQQSQFRSRGYV7X5J7VK6B4UTWRJCRJRNQGEYBSOXEPE4XFWF_0f8d2b'],
    ['in hex', '0f8d2b6c1a9e4f7d3b5a60c2e8d1947f'],
    ['in base64', 'q83vEjRWeJq83vEjRWeJAA=='],
  ])('%s', (_, key) => {
    expect(isUnmistakable(key)).toBe(true)
  })

  test.each([
    ['that is empty', ''],
    ['that is short', 'K3Y5H0ULDN3V3RB3S33'],
    ['of few characters', 'A1B2A1B2A1B2A1B2A1B2A1B2'],
    ['of digits', '01234567890123456789'],
    ['of letters', 'AbcdefghijklmnopqrstuvwxyZ'],
    ['that is the name of an order', 'payments-production-2-api'],
    ['that is a UID', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
    ['that is a host', 'WWW2.payments.example.com'],
    ['that is an account', 'DigiCertAccount/team-1/certcentral'],
    ['that is an address', 'https://WWW2-DIGICERT:8443'],
    ['that is a time', '2026-11-24T12:00:00.000Z'],
  ])('but not one %s', (_, key) => {
    expect(isUnmistakable(key)).toBe(false)
  })

  test('is judged in a time that grows with its length', () => {
    for (const part of ['a', 'A', '1', 'a1', '-'])
      for (const end of ['', '/', '.']) expect(isUnmistakable(part.repeat(1_000_000) + end)).toBe(false)
  })
})

describe('a client is not made', () => {
  const making = (options: object) => (): CertCentral =>
    createCertCentral({ url: 'https://certcentral.invalid', apiKey: API_KEY, limiter: createRateLimiter(), ...options })

  test.each([
    ['an empty key', { apiKey: ' \n' }],
    ['a key that is too long for one', { apiKey: 'K3Y5'.repeat(257) }],
    ['a key that no header can hold', { apiKey: `${API_KEY}\r\nX-Other: 1` }],
    ['a URL of another scheme', { url: 'ftp://certcentral.invalid' }],
    ['no URL', { url: 'certcentral' }],
    ['a URL with a password', { url: `https://user:${API_KEY}@certcentral.invalid` }],
    ['a URL with a query', { url: 'https://certcentral.invalid/?a=1' }],
    ['a bundle that is no PEM', { caBundle: 'AAAA' }],
    ['a bundle that cannot be read', { caBundle: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }],
  ])('with %s', (_, options) => {
    expect(making(options)).toThrow(TypeError)
    expect(making(options)).not.toThrow(API_KEY)
  })

  test('but it is with the line end that a Secret often has', async () => {
    await withServer(
      [answer(200, '{}')],
      async (client, server) => {
        await client.userMe()
        expect(server.seen[0]?.headers['x-dc-devkey']).toBe(API_KEY)
        expect(server.seen[0]?.url).toBe('/services/v2/user/me')
      },
      { apiKey: `${API_KEY}\n` },
    )
  })
})
