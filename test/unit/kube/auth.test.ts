import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import forge from 'node-forge'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type KubeConnection, connect } from '../../../src/kube/client.ts'
import { createCredentialSource, loadKubeConfig } from '../../../src/kube/auth.ts'
import { type FakeApi, startFakeApi } from './support/fake-api.ts'
import { rewriteKubeconfig, writeKubeconfig } from './support/kubeconfig-file.ts'
import { movableClock } from './support/movable-clock.ts'

const things = { group: 'example.io', version: 'v1', plural: 'things', kind: 'Thing' }
const nowhere = { env: {}, home: '/nonexistent', root: '/nonexistent' }

describe('where the cluster is', () => {
  test('without any configuration it fails at once and says what to set', () => {
    expect(() => loadKubeConfig(undefined, nowhere)).toThrow('set --kubeconfig or KUBECONFIG')
  })

  test.each([
    ['a path that does not exist', '/nonexistent/config', 'does not exist'],
    ['a server that is no URL', writeKubeconfig({ server: 'here' }, {}), 'is not http or https'],
    [
      'a SOCKS proxy',
      writeKubeconfig({ server: 'https://127.0.0.1', 'proxy-url': 'socks5://127.0.0.1:1' }, {}),
      'SOCKS proxies are not supported',
    ],
  ])('%s is refused with a sentence', (_name, file, sentence) => {
    expect(() => loadKubeConfig(file, nowhere)).toThrow(sentence)
  })

  test('the path given comes before KUBECONFIG, and that before the pod and the home directory', () => {
    const given = writeKubeconfig({ server: 'https://given' }, {})
    const fromEnv = writeKubeconfig({ server: 'https://env' }, {})
    const home = mkdtempSync(path.join(tmpdir(), 'home-'))
    mkdirSync(path.join(home, '.kube'))
    rewriteKubeconfig(path.join(home, '.kube', 'config'), { server: 'https://home' }, {})
    const serverOf = (file: string | undefined, env: Record<string, string>): string | undefined =>
      loadKubeConfig(file, { ...nowhere, env, home }).getCurrentCluster()?.server
    expect(serverOf(given, { KUBECONFIG: fromEnv })).toBe('https://given')
    expect(serverOf(undefined, { KUBECONFIG: fromEnv })).toBe('https://env')
    expect(serverOf(undefined, {})).toBe('https://home')
  })

  test.each(['absolute', 'relative'])(
    'the token in the %s tokenFile of a user is read again, and goes before a token',
    async (kind) => {
      const directory = mkdtempSync(path.join(tmpdir(), 'token-'))
      const file = path.join(directory, 'token')
      writeFileSync(file, 'one\n')
      const kubeconfig = path.join(directory, 'config')
      rewriteKubeconfig(
        kubeconfig,
        { server: 'https://there' },
        { token: 'stale', tokenFile: kind === 'absolute' ? file : 'token' },
      )
      const source = createCredentialSource(() => loadKubeConfig(kubeconfig, nowhere), movableClock())
      const first = await source.current()
      expect(first.headers).toEqual({ authorization: 'Bearer one' })
      writeFileSync(file, 'two\n')
      expect((await source.refresh(first)).headers).toEqual({ authorization: 'Bearer two' })
    },
  )

  test('a user without a tokenFile keeps its token', async () => {
    const kubeconfig = writeKubeconfig({ server: 'https://there' }, { token: 'kept' })
    const source = createCredentialSource(() => loadKubeConfig(kubeconfig, nowhere), movableClock())
    expect((await source.current()).headers).toEqual({ authorization: 'Bearer kept' })
  })

  test("a pod's token is read again from its file", async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'pod-'))
    const account = path.join(root, 'var/run/secrets/kubernetes.io/serviceaccount')
    mkdirSync(account, { recursive: true })
    writeFileSync(path.join(account, 'token'), 'one\n')
    writeFileSync(path.join(account, 'ca.crt'), 'CA')
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
    const source = createCredentialSource(() => loadKubeConfig(undefined, { ...nowhere, env, root }), movableClock())
    const first = await source.current()
    expect(first.headers).toEqual({ authorization: 'Bearer one' })
    writeFileSync(path.join(account, 'token'), 'two\n')
    expect((await source.refresh(first)).headers).toEqual({ authorization: 'Bearer two' })
  })
})

test('credentials that many calls find refused at once are loaded once', async () => {
  let loads = 0
  const source = createCredentialSource(() => {
    loads++
    return loadKubeConfig(writeKubeconfig({ server: 'https://there' }, { token: `token-${loads}` }), nowhere)
  }, movableClock())
  const refused = await source.current()
  const renewed = await Promise.all([1, 2, 3].map(() => source.refresh(refused)))
  expect(renewed.map(({ headers }) => headers['authorization'])).toEqual(Array(3).fill('Bearer token-2'))
  expect((await source.refresh(refused)).headers).toEqual({ authorization: 'Bearer token-2' })
})

describe('TLS', () => {
  let certificate: string
  let key: string
  let api: FakeApi
  let client: KubeConnection | undefined

  beforeAll(() => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const made = forge.pki.createCertificate()
    made.publicKey = forge.pki.publicKeyFromPem(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString())
    made.validity.notBefore = new Date(Date.now() - 60_000)
    made.validity.notAfter = new Date(Date.now() + 600_000)
    made.setSubject([{ name: 'commonName', value: 'fake' }])
    made.setIssuer([{ name: 'commonName', value: 'fake' }])
    made.setExtensions([
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ])
    made.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create())
    certificate = forge.pki.certificateToPem(made)
  })

  beforeEach(async () => {
    const listen = (listener: RequestListener) => createServer({ key, cert: certificate }, listener)
    api = await startFakeApi(listen as never)
  })

  afterEach(async () => {
    await client?.close()
    await api.close()
  })

  const open = (cluster: Record<string, unknown>): KubeConnection => {
    const server = api.url.replace('http:', 'https:')
    client = connect({ kubeconfig: writeKubeconfig({ server, ...cluster }, { token: 't' }), userAgent: 'test/1' })
    return client
  }

  test('a server of an unknown CA is refused, whatever the environment says', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      await expect(open({}).list(things)).rejects.toMatchObject({ failure: 'unavailable' })
      expect(api.seen).toEqual([])
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, 'NODE_TLS_REJECT_UNAUTHORIZED')
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  test('the CA of the kubeconfig is trusted', async () => {
    const data = Buffer.from(certificate).toString('base64')
    expect((await open({ 'certificate-authority-data': data }).list(things)).items).toEqual([])
  })

  test('verification is off only where the kubeconfig says so', async () => {
    expect((await open({ 'insecure-skip-tls-verify': true }).list(things)).items).toEqual([])
  })

  test('a CA that is rotated in its file opens a new connection without a restart', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'ca-')), 'ca.crt')
    writeFileSync(file, certificate)
    const clock = movableClock()
    const server = api.url.replace('http:', 'https:')
    const kubeconfig = writeKubeconfig({ server, 'certificate-authority': file }, { token: 't' })
    client = connect({ kubeconfig, userAgent: 'test/1', clock })
    for (let call = 0; call < 5; call++) await client.list(things)
    const before = api.connections()
    expect(before).toBeLessThanOrEqual(2)
    writeFileSync(file, `# rotated\n${certificate}`)
    clock.advance(11_000)
    await client.list(things)
    expect(api.connections()).toBe(before + 1)
  })
})
