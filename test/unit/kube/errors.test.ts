import { describe, expect, test } from '@jest/globals'
import { env, failureOf, secrets, thing, things, token, useClientEnv } from './support/client-env.ts'
import { refuse, reply } from './support/fake-api.ts'
import { status } from './support/fake-world.ts'

useClientEnv()

describe('failures', () => {
  const table: [number, string, string, string][] = [
    [400, 'BadRequest', 'invalid', 'invalid'],
    [403, 'Forbidden', 'forbidden', 'forbidden'],
    [404, 'NotFound', 'not-found', 'not-found'],
    [409, 'AlreadyExists', 'already-exists', 'already-exists'],
    [409, 'Conflict', 'conflict', 'conflict'],
    [410, 'Expired', 'expired', 'expired'],
    [422, 'Invalid', 'invalid', 'invalid'],
    [500, 'InternalError', 'unknown', 'unknown'],
    [503, 'ServiceUnavailable', 'unavailable', 'unavailable'],
    [504, 'Timeout', 'unknown', 'unavailable'],
  ]
  test.each(table)('%i %s is %s for a write and %s for a read', async (code, reason, written, read) => {
    env.api.script(refuse(code, reason))
    expect(await failureOf(env.client.create(things, thing))).toMatchObject({ failure: written, code })
    expect(env.api.seen).toHaveLength(1)
    expect(await failureOf(env.client.list(things))).toMatchObject({ failure: read, code })
  })

  test('a 503 that is not from the API server leaves open whether a write happened', async () => {
    env.api.script((_seen, response) => {
      response.writeHead(503).end('upstream connect error or disconnect/reset before headers')
      return true
    })
    expect((await failureOf(env.client.create(things, thing))).failure).toBe('unknown')
    expect((await failureOf(env.client.list(things))).failure).toBe('unavailable')
  })

  test('a kind that is not served is not taken for an absent object', async () => {
    env.api.script((_seen, response) => {
      response.writeHead(404).end('404 page not found')
      return true
    })
    expect((await failureOf(env.client.get(things, { name: 'a' }))).failure).toBe('unavailable')
  })

  test('a refused connection is unavailable, for writes too', async () => {
    await env.api.crash()
    expect((await failureOf(env.client.create(things, thing))).failure).toBe('unavailable')
  })

  test('neither the token nor what was sent gets into an error', async () => {
    const secret = { metadata: { namespace: 'shop', name: 's' }, data: { 'tls.key': 'KEYMATERIAL' } }
    env.api.script((_seen, response) => {
      reply(response, 422, status(422, 'Invalid', `data: invalid value: map[tls.key:KEYMATERIAL] for ${token}`))
      return true
    })
    const error = await failureOf(env.client.apply(secrets, secret, { fieldManager: 'us' }))
    expect(`${error.message} ${error.stack ?? ''} ${JSON.stringify(error)}`).not.toMatch(/KEYMATERIAL|nobody-may-read/)
    expect(error.message).toBe('patch secrets s: 422 invalid')
    expect(error.cause).toBeUndefined()
  })

  const cause = (reason: string, field: string, message: string) => ({ reason, field, message })
  test.each([
    [
      'an immutable Secret',
      [cause('FieldValueForbidden', 'data', 'Forbidden: field is immutable when `immutable` is set')],
      ': data is immutable when `immutable` is set',
    ],
    [
      'another type',
      [cause('FieldValueInvalid', 'type', 'Invalid value: "kubernetes.io/tls": field is immutable')],
      ': type is immutable',
    ],
    [
      'a value, which is not quoted',
      [cause('FieldValueInvalid', 'data', 'Invalid value: map[tls.key:KEYMATERIAL]')],
      ': data is invalid',
    ],
    ['an entry, whose name is not quoted', [cause('FieldValueInvalid', 'data[KEYMATERIAL]', 'Invalid value')], ''],
    ['what it does not explain', [cause('Strange', 'data', 'KEYMATERIAL')], ''],
  ])('why the API server refused a Secret is said by its field: %s', async (_what, causes, said) => {
    env.api.script((_seen, response) => {
      reply(response, 422, { ...status(422, 'Invalid', 'KEYMATERIAL'), details: { causes } })
      return true
    })
    const error = await failureOf(env.client.apply(secrets, { metadata: { name: 's' } }, { fieldManager: 'us' }))
    expect(error.message).toBe(`patch secrets s: 422 invalid${said}`)
  })

  test('why an admission webhook refused a Secret is passed on', async () => {
    const said = 'admission webhook "validate.example.io" denied the request: no team label'
    env.api.script((_seen, response) => {
      reply(response, 400, status(400, 'BadRequest', said))
      return true
    })
    expect((await failureOf(env.client.create(secrets, { metadata: { name: 's' } }))).message).toContain(said)
  })

  test('what an admission webhook says is one line that steers no terminal', async () => {
    const said = 'admission webhook "v.example.io" denied the request:\n\u001b[2J\u009b31m\u202eforged\u2028line'
    env.api.script((_seen, response) => {
      reply(response, 403, status(403, 'Forbidden', said))
      return true
    })
    const { message } = await failureOf(env.client.create(things, thing))
    expect(message).toContain('denied the request: [2J 31m forged line')
    expect(message).not.toMatch(/[\p{C}\p{Zl}]/u)
  })

  test('a long message of the server is cut', async () => {
    env.api.script((_seen, response) => {
      reply(response, 403, status(403, 'Forbidden', 'x'.repeat(5000)))
      return true
    })
    expect((await failureOf(env.client.create(things, thing))).message.length).toBeLessThan(600)
  })
})
