import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { VERSION } from '../../../src/version.ts'
import { hasCondition, isReady } from '../../support/cluster.ts'
import { assembleImage, type Image } from '../../support/image.ts'
import { type BareCluster, HOME, install, RELEASE, runInstalled, startBareCluster } from '../../support/installed.ts'
import { eventually, orderIdOf, orderNamed, sentenceOf } from '../../support/journey.ts'
import { succeed } from '../../support/kubectl.ts'
import type { RunningPod } from '../../support/pod.ts'

const LIMIT = 60_000

let bed: BareCluster
let image: Image
let pod: RunningPod
let shop: string

beforeAll(async () => {
  ;[image, bed] = await Promise.all([assembleImage(), startBareCluster()])
  shop = await bed.cluster.newNamespace()
}, 120_000)
afterAll(() => bed.close())

const begin = async (values: readonly string[] = []): Promise<void> => {
  await install(bed, values)
  await bed.addAccount(shop)
  pod = await runInstalled(bed, { [VERSION]: image })
}

const end = async (): Promise<void> => {
  expect(await pod.stop()).toBe(0)
  await bed.helm('uninstall', RELEASE, '-n', HOME)
}

const order = (name: string, changes: object = {}) => bed.cluster.apply(orderNamed(name, changes), shop)
const ready = (name: string) => bed.cluster.waitForOrder(shop, name, isReady, LIMIT)
const bought = async () => (await bed.certCentral.paid()).length

/** A file as the container sees it. */
const inside = (path: string): string => `/proc/${String(pod.pid())}/root${path}`

const issuesReissuesAndDeletes = async (name: string): Promise<void> => {
  const before = await bought()
  await order(name)
  const first = await ready(name)

  await order(name, { dnsNames: [`www.${name}.example.com`] })
  const isReissued = ({ status }: typeof first) =>
    status?.certificate?.serialNumber !== first.status?.certificate?.serialNumber
  const second = await bed.cluster.waitForOrder(shop, name, (seen) => isReissued(seen) && isReady(seen), LIMIT)
  expect(orderIdOf(second)).toBe(orderIdOf(first))
  expect(await bought()).toBe(before + 1)

  await bed.cluster.remove({ kind: 'DigiCertOrder', namespace: shop, name })
  await eventually(`end of ${name}`, async () => (await bed.cluster.order(shop, name)) === undefined, LIMIT)
}

describe('the image in a pod of the chart, for the whole cluster', () => {
  beforeAll(() => begin(), LIMIT)
  afterAll(end, LIMIT)

  test('is process 1 of an unprivileged user, who sees the image and nothing else of the host', () => {
    const status = readFileSync(inside('/proc/1/status'), 'utf8')
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)
    expect(status.match(/^Cap\w+:\t.*$/gm)?.filter((line) => !line.endsWith('\t0000000000000000'))).toEqual([])
    expect(readFileSync(inside('/proc/1/uid_map'), 'utf8')).toMatch(/^\s*65532 /)
    expect(readdirSync(inside('/')).filter((name) => !/^lib(64)?$/.test(name))).toEqual(
      ['app', 'dev', 'etc', 'licenses', 'proc', 'usr', 'var'].sort(),
    )
    expect(readdirSync(inside('/usr/local'))).toEqual(['bin'])
    expect(readdirSync(inside('/usr/local/bin'))).toEqual(['node'])
    expect(['/bin', '/usr/bin', '/tmp', '/home'].filter((path) => existsSync(inside(path)))).toEqual([])
  })

  test('can write nowhere', () => {
    const mounts = readFileSync(inside('/proc/1/mounts'), 'utf8').trim().split('\n')
    const writable = mounts.map((line) => line.split(' ')).filter(([, , , options = '']) => options.startsWith('rw'))
    expect(writable.map(([, path]) => path).filter((path = '') => !/^\/(proc|dev)(\/|$)/.test(path))).toEqual([])
  })

  test('answers its probes', async () => {
    expect([await pod.probe('livenessProbe'), await pod.probe('readinessProbe')]).toEqual([200, 200])
  })

  test('issues, reissues and deletes with the rights of the chart', () => issuesReissuesAndDeletes('whole'), 2 * LIMIT)

  test(
    'takes up a new token, and works on when the old one is void',
    async () => {
      const token = () => readFileSync(inside('/var/run/secrets/kubernetes.io/serviceaccount/token'), 'utf8')
      const old = token()
      await pod.rotateToken()
      await eventually('end of the old token', async () => !(await isAccepted(old)), LIMIT)
      await order('after-rotation')

      await ready('after-rotation')
      expect(token()).not.toBe(old)
      expect(pod.logs().filter((line) => /Unauthorized|\b401\b/.test(line))).toEqual([])
    },
    2 * LIMIT,
  )

  async function isAccepted(token: string): Promise<boolean> {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }
    const path = '/apis/authentication.k8s.io/v1/tokenreviews'
    const { status } = (await bed.cluster.send({ method: 'POST', path, body: review })) as {
      status: { authenticated?: boolean }
    }
    return status.authenticated === true
  }
})

describe('the image in a pod of the chart, for one namespace', () => {
  const role = () => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', namespace: shop, name: RELEASE })

  beforeAll(
    () => begin(['--set', `watchNamespaces={${shop}}`, '--set', 'clusterId=here', '--set', 'clusterAccounts=false']),
    LIMIT,
  )
  afterAll(end, LIMIT)

  test('has Roles and no ClusterRole', async () => {
    const bindings = await bed.cluster.list({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' })
    expect(JSON.stringify(bindings)).not.toContain(`"namespace":"${HOME}"`)
  })

  test('issues, reissues and deletes with the rights of the chart', () => issuesReissuesAndDeletes('single'), 2 * LIMIT)

  test(
    'says which right was taken away, buys nothing, and goes on once it is back',
    async () => {
      const { rules } = (await bed.cluster.get(role())) as unknown as { rules: Rule[] }
      const before = await bought()
      await bed.cluster.patch(role(), { rules: rules.map(without('secrets', 'patch')) })
      await eventually('refusal to patch Secrets', async () => !(await mayPatchSecrets()), LIMIT)
      await order('forbidden')

      const isStalled = (seen: Parameters<typeof isReady>[0]) =>
        hasCondition(seen, 'Stalled', 'True', 'SecretWriteDenied')
      const stalled = await bed.cluster.waitForOrder(shop, 'forbidden', isStalled, LIMIT)
      expect(sentenceOf(stalled)).toMatch(/nothing was bought: .*forbidden.*secrets/)
      expect(await bought()).toBe(before)

      await bed.cluster.patch(role(), { rules })
      await ready('forbidden')
      expect(await bought()).toBe(before + 1)
    },
    3 * LIMIT,
  )

  type Rule = { resources: string[]; verbs: string[] }
  const without =
    (resource: string, verb: string) =>
    (rule: Rule): Rule =>
      rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) } : rule

  async function mayPatchSecrets(): Promise<boolean> {
    const account = `system:serviceaccount:${HOME}:${RELEASE}`
    const args = ['auth', 'can-i', 'patch', 'secrets/forbidden-tls', '-n', shop, '--as', account]
    return (await bed.plane.kubectl(args)).code === 0
  }
})

test('an uninstalled chart leaves kinds, orders and Secrets', async () => {
  const kinds = await succeed(bed.plane.kubectl, ['get', 'crd', '-o', 'name'])
  expect(kinds.split('\n').filter((line) => line.endsWith('.digicert-operator.io'))).toHaveLength(3)
  expect(await bed.cluster.order(shop, 'forbidden')).toBeDefined()
  expect(await bed.cluster.secret(shop, 'forbidden-tls')).toBeDefined()
})
