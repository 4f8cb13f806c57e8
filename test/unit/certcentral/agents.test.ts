import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Server, createServer } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { proxyFor } from '../../../src/certcentral/agents.ts'
import { issueChain } from '../../support/ca.ts'
import { type ConnectProxy, type Manner, startConnectProxy } from '../../support/connect-proxy.ts'
import type { Seen } from './fake-server.ts'
import {
  API_KEY,
  answer,
  answering,
  clientOf,
  closeServer,
  errorOf,
  listen,
  place,
  portOf,
  replay,
} from './fake-server.ts'

const NAMES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'no_proxy', 'NO_PROXY'] as const
const PASSWORD = 'pr0xy/p@ss'
const CREDENTIALS = `agent:${encodeURIComponent(PASSWORD)}`
const ENCODED = Buffer.from(`agent:${PASSWORD}`).toString('base64')

const seen: Seen[] = []
let server: Server
let elsewhere: Server
let cutting: Server
let caBundle: string
let proxy: ConnectProxy

beforeAll(async () => {
  const { root, intermediate, leaf } = await issueChain(['certcentral.test', 'localhost'])
  caBundle = root.pem
  const identity = { key: leaf.key.export({ type: 'pkcs8', format: 'pem' }), cert: leaf.pem + intermediate.pem }
  server = createServer(identity, answering([replay('placed/dv-instant')], seen))
  elsewhere = createServer(identity, answering([answer(302, '', { location: 'https://other.test/' })], seen))
  cutting = createServer(identity, answering([() => proxy.cut()], seen))
  await Promise.all([server, elsewhere, cutting].map(listen))
})
afterAll(() => Promise.all([server, elsewhere, cutting].map(closeServer)))

const before = { ...process.env }
const clear = (): void => {
  for (const name of NAMES) Reflect.deleteProperty(process.env, name)
}
beforeEach(async () => {
  seen.length = 0
  clear()
  proxy = await startConnectProxy()
})
afterEach(async () => {
  clear()
  Object.assign(process.env, before)
  await proxy.close()
})

const clientAt = (host: string, to = server, requestTimeoutMs = 5_000) =>
  clientOf({ url: `https://${host}:${portOf(to)}/services/v2` }, { caBundle, requestTimeoutMs })

const ordered = async (host = 'certcentral.test') => {
  const client = clientAt(host)
  try {
    return await place(client)
  } finally {
    client.close()
  }
}

const refusalOf = async (limitMs?: number, to = server) => {
  const client = clientAt('certcentral.test', to, limitMs)
  try {
    return await errorOf(place(client))
  } finally {
    client.close()
  }
}

describe('the proxy of the environment', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])('that %s names leads to the server, and sees no key', async (name) => {
    process.env[name] = `http://${CREDENTIALS}@${proxy.host}`
    expect(await ordered()).toMatchObject({ orderId: 144457163 })
    expect(proxy.asked()).toHaveLength(1)
    const [asked = ''] = proxy.asked()
    expect(asked).toContain(`certcentral.test:${portOf(server)}`)
    expect(asked).toContain(`"proxy-authorization":"Basic ${ENCODED}"`)
    expect(asked).not.toContain(API_KEY)
    expect(seen).toHaveLength(1)
    const { headers } = seen[0]!
    expect(headers['x-dc-devkey']).toBe(API_KEY)
    expect(Object.keys(headers).filter((header) => /^(proxy-|trace|baggage|via|forwarded)/.test(header))).toEqual([])
  })

  test.each([
    ['HTTP_PROXY, which is for other URLs', { HTTP_PROXY: 'proxy' }],
    ['NO_PROXY with the host', { HTTPS_PROXY: 'proxy', NO_PROXY: 'example.org,localhost' }],
    ['no_proxy with the host and port', { HTTPS_PROXY: 'proxy', no_proxy: 'localhost:port' }],
    ['NO_PROXY with a star', { HTTPS_PROXY: 'proxy', NO_PROXY: '*' }],
    ['an empty HTTPS_PROXY', { HTTPS_PROXY: '' }],
  ])('is passed by: %s', async (_what, env) => {
    for (const [name, value] of Object.entries(env))
      process.env[name] = value.replace('proxy', `http://${proxy.host}`).replace('port', String(portOf(server)))
    expect(await ordered('localhost')).toMatchObject({ orderId: 144457163 })
    expect(proxy.asked()).toEqual([])
  })

  test('is used for hosts that NO_PROXY does not name', async () => {
    Object.assign(process.env, { HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: '10.0.0.0/8,.svc,other.test' })
    await ordered()
    expect(proxy.asked()).toHaveLength(1)
  })

  test('follows no redirect, so that no other host is asked for', async () => {
    process.env['HTTPS_PROXY'] = `http://${proxy.host}`
    expect(await refusalOf(5_000, elsewhere)).toMatchObject({ kind: 'redirected' })
    expect(proxy.asked()).toHaveLength(1)
  })
})

/** Each with what the message says of the proxy at PROXY. */
const UNSENT: readonly (readonly [string, Manner, RegExp])[] = [
  ['wants credentials', 407, /not sent: the proxy PROXY answered 407; it wants a user and password in HTTPS_PROXY/],
  ['forbids the host', 403, /not sent: the proxy PROXY answered 403; it does not let this host through/],
  ['knows no way', 502, /not sent: the proxy PROXY answered 502$/],
  ['demands credentials as a server would', 401, /not sent: the proxy PROXY answered 401/],
  ['hangs up', 'hang-up', /no answer .*before the request was sent, through the proxy PROXY$/],
  ['breaks off before the handshake ended', 'break-at-once', /before the request was sent, through the proxy PROXY$/],
]

describe('an order was never sent where a proxy', () => {
  test.each(UNSENT)('%s', async (_what, manner, sentence) => {
    process.env['HTTPS_PROXY'] = `http://${CREDENTIALS}@${proxy.host}`
    proxy.behave(manner)
    const error = await refusalOf(1_000)
    expect(error).toMatchObject({ outcome: 'unsent' })
    expect(['unreachable', 'timeout']).toContain(error.kind)
    expect(error.message.replace(proxy.host, 'PROXY')).toMatch(sentence)
    expect(`${error.message} ${error.stack}`).not.toMatch(/pr0xy|agent:/)
    expect(seen).toEqual([])
  })

  test('leads to a server of an unknown root', async () => {
    process.env['HTTPS_PROXY'] = `http://${proxy.host}`
    const client = clientOf({ url: `https://certcentral.test:${portOf(server)}/services/v2` })
    const error = await errorOf(place(client))
    client.close()
    expect(error).toMatchObject({ outcome: 'unsent', kind: 'unreachable' })
    expect(proxy.asked()).toHaveLength(1)
    expect(seen).toEqual([])
  })

  test('is down', async () => {
    process.env['HTTPS_PROXY'] = `http://${CREDENTIALS}@${proxy.host}`
    await proxy.close()
    const error = await refusalOf()
    expect(error).toMatchObject({ outcome: 'unsent', kind: 'unreachable' })
    expect(error.message.replace(proxy.host, 'PROXY')).toMatch(
      /no answer \(ECONNREFUSED\), before the request was sent, through the proxy PROXY$/,
    )
  })

  test('opens the way too late: then nothing is sent on it any more', async () => {
    process.env['HTTPS_PROXY'] = `http://${proxy.host}`
    proxy.behave('wait')
    const error = await refusalOf(200)
    expect(error).toMatchObject({ outcome: 'unsent', kind: 'timeout' })
    proxy.behave('open')
    proxy.goOn()
    // Whoever orders afterwards is served behind whatever was left of the first.
    await ordered()
    await pause(100)
    expect(seen).toHaveLength(1)
  })
})

test('an order whose tunnel breaks after it was sent may have been placed', async () => {
  process.env['HTTPS_PROXY'] = `http://${proxy.host}`
  const error = await refusalOf(5_000, cutting)
  expect(error).toMatchObject({ outcome: 'ambiguous' })
  expect(error.message.replace(proxy.host, 'PROXY')).toMatch(/after the request was sent, through the proxy PROXY$/)
  expect(seen).toHaveLength(1)
})

describe('which proxy a URL has', () => {
  const URL_ = 'https://www.digicert.com/services/v2'
  const at = (host: string, port = 3128, protocol = 'http') => ({ protocol, host, port })
  test.each<[string, Readonly<Record<string, string>>, object | undefined]>([
    [URL_, {}, undefined],
    [URL_, { HTTPS_PROXY: 'http://proxy.corp:3128' }, at('proxy.corp')],
    [URL_, { HTTPS_PROXY: 'proxy.corp:3128' }, at('proxy.corp')],
    [URL_, { HTTPS_PROXY: 'http://proxy.corp' }, at('proxy.corp', 80)],
    [URL_, { HTTPS_PROXY: 'https://proxy.corp' }, at('proxy.corp', 443, 'https')],
    [URL_, { HTTPS_PROXY: 'http://[fd00::1]:3128/' }, at('fd00::1')],
    [URL_, { https_proxy: 'http://low:3128', HTTPS_PROXY: 'http://high:3128' }, at('low')],
    [URL_, { https_proxy: '', HTTPS_PROXY: 'http://high:3128' }, at('high')],
    [URL_, { ALL_PROXY: 'http://all:3128' }, at('all')],
    [URL_, { HTTP_PROXY: 'http://other:3128' }, undefined],
    ['http://www.digicert.com/', { HTTPS_PROXY: 'http://p:3128', HTTP_PROXY: 'http://p:3128' }, undefined],
    [
      URL_,
      { HTTPS_PROXY: 'http://u%40corp:p%2Fw@p:3128' },
      { ...at('p'), auth: { username: 'u@corp', password: 'p/w' } },
    ],
    [URL_, { HTTPS_PROXY: 'http://u:100%@p:3128' }, { ...at('p'), auth: { username: 'u', password: '100%' } }],
  ])('%s with %j: %j', (base, env, wanted) => {
    expect(proxyFor(base, env)).toEqual(wanted)
  })

  test.each<[string, string, 'proxy' | 'direct']>([
    ['www.digicert.com', 'digicert.com', 'direct'],
    ['www.digicert.com', '.digicert.com', 'direct'],
    ['www.digicert.com', '*.digicert.com', 'direct'],
    ['www.digicert.com', 'WWW.DigiCert.com', 'direct'],
    ['digicert.com', '.digicert.com', 'proxy'],
    ['notdigicert.com', 'digicert.com', 'proxy'],
    ['www.digicert.com', 'www', 'proxy'],
    ['www.digicert.com', '.svc,.cluster.local 10.0.0.0/8', 'proxy'],
    ['www.digicert.com', 'digicert.com:443', 'direct'],
    ['www.digicert.com', 'digicert.com:8443', 'proxy'],
    ['www.digicert.com', '*', 'direct'],
    ['www.digicert.com', ' ,, ', 'proxy'],
    ['10.1.2.3', '10.0.0.0/8', 'direct'],
    ['11.1.2.3', '10.0.0.0/8', 'proxy'],
    ['10.1.2.3', '10.1.2.3', 'direct'],
    ['10.1.2.3', '2.3', 'proxy'],
    ['10.1.2.3', '10.0.0.0/99', 'proxy'],
    ['[fd00::5]', 'fd00::/8', 'direct'],
    ['[fd00::5]', 'fd00::5', 'direct'],
    ['[fd00::5]', '[fd00::5]:443', 'direct'],
  ])('%s with NO_PROXY=%s goes by %s', (host, noProxy, wanted) => {
    const found = proxyFor(`https://${host}/`, { HTTPS_PROXY: 'http://p:3128', NO_PROXY: noProxy })
    expect(found === undefined ? 'direct' : 'proxy').toBe(wanted)
  })

  test.each(['socks5://user:secret@p:1080', 'http://user:secret@', 'ftp://user:secret@p'])(
    'is no sense in %s',
    (named) => {
      const made = () => proxyFor('https://www.digicert.com', { HTTPS_PROXY: named })
      expect(made).toThrow(TypeError)
      expect(made).toThrow('the proxy that HTTPS_PROXY or ALL_PROXY names is no http(s) URL')
    },
  )
})
