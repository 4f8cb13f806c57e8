import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Resource } from '../../support/api-server.ts'
import { ACCOUNT, type Journey, beginJourney, conditionOf, eventually, orderNamed } from '../../support/journey.ts'
import { succeed } from '../../support/kubectl.ts'

let journey: Journey
let directory: string
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true } })
  directory = mkdtempSync(join(tmpdir(), 'gitops-'))
})
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
  await journey.close()
})

/** What the tools write on everything that they apply, for finding it again. */
const TRACKING = {
  labels: {
    'app.kubernetes.io/instance': 'certificates',
    'kustomize.toolkit.fluxcd.io/name': 'digicert-orders',
    'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    'helm.sh/chart': 'certificates-1.0.0',
    'argocd.argoproj.io/instance': 'certificates',
  },
  annotations: {
    'argocd.argoproj.io/tracking-id': 'certificates:digicert-operator.io/DigiCertOrder:shop/x',
    'argocd.argoproj.io/sync-wave': '1',
    'meta.helm.sh/release-name': 'certificates',
    'kustomize.toolkit.fluxcd.io/prune': 'enabled',
  },
}

/** An order in Git: mandatory fields only, as a tool applies it. */
const inGit = (name: string, changes: object = {}): string => {
  const order = orderNamed(name, { privateKey: undefined, ...changes })
  const file = join(directory, `${name}.yaml`)
  writeFileSync(file, stringify({ ...order, metadata: { ...order.metadata, ...TRACKING } }))
  return file
}

const FLUX = ['--server-side', '--field-manager=kustomize-controller', '--force-conflicts']
const ARGO = ['--server-side', '--field-manager=argocd-controller', '--force-conflicts']

/** The ways that the tools write, and how each finds out whether there is something to write. */
const WAYS = [
  ['kubectl apply, and Argo CD without ServerSideApply', 'client', []],
  ['Flux', 'flux', FLUX],
  ['Argo CD with ServerSideApply', 'argo', ARGO],
] as const

const kubectl = (...args: readonly string[]) => journey.kubectl([...args, '-n', journey.namespace])
const applied = (file: string, flags: readonly string[]) =>
  succeed(journey.kubectl, ['apply', ...flags, '-f', file, '-n', journey.namespace])
const ordered = async (name: string) =>
  (await journey.cluster.get({ kind: 'DigiCertOrder', namespace: journey.namespace, name }))!

/** What a second application must leave alone: everything, the record of who wrote what included. */
const versions = ({ metadata }: Resource) => [metadata.resourceVersion, metadata.generation, metadata]

/** Whether a tool sees a difference, and whether applying again makes one. */
async function drift(name: string, file: string, flags: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await kubectl('diff', ...flags, '-f', file)
  const before = versions(await ordered(name))
  await applied(file, flags)
  expect(versions(await ordered(name))).toEqual(before)
  return code === 0 ? 'none' : { code, stdout, stderr }
}

describe('the YAML of an order, applied twice, changes nothing by', () => {
  test.each(WAYS)(
    '%s: while its account is missing, while it waits for approval, and when it is issued',
    async (_way, short, flags) => {
      const name = `twice-${short}`
      const file = inGit(name, { accountRef: { name: `late-${short}` } })
      await applied(file, flags)
      await journey.says(name, 'AccountNotFound')
      expect(await drift(name, file, flags)).toBe('none')

      await journey.certCentral.changeSettings({ approval: 'one-step' })
      await journey.cluster.apply(await accountNamed(`late-${short}`), journey.namespace)
      const waiting = await journey.says(name, 'AwaitingApproval')
      await journey.certCentral.changeSettings({ approval: 'none' })
      expect(await drift(name, file, flags)).toBe('none')

      await journey.certCentral.approveRequest(waiting.status?.order?.requests?.[0]?.id ?? 0)
      await journey.ready(name)
      expect(await drift(name, file, flags)).toBe('none')
    },
  )
})

const accountNamed = async (name: string) => {
  const account = (await journey.cluster.get({ kind: 'DigiCertAccount', namespace: journey.namespace, name: ACCOUNT }))!
  const { apiVersion, kind, spec } = account
  return { apiVersion, kind, metadata: { name }, spec }
}

type Managed = { manager: string; subresource?: string; fieldsV1: Record<string, unknown> }

test('the operator writes to the status of an order that Retain leaves alone, and to nothing else of it', async () => {
  const name = 'managed'
  await applied(inGit(name), FLUX)
  const order = (await journey.ready(name)) as unknown as { metadata: { managedFields: Managed[] } }
  const written = order.metadata.managedFields.filter(({ manager }) => manager !== 'kustomize-controller')
  expect(written.map(({ manager, subresource }) => [manager, subresource])).toEqual([['digicert-operator', 'status']])
  expect(written.flatMap(({ fieldsV1 }) => Object.keys(fieldsV1))).toEqual(['f:status'])
})

test('the YAML of an account with mandatory fields only, applied twice, changes nothing in any of these ways', async () => {
  const file = join(directory, 'account.yaml')
  const keyless = { ...(await accountNamed('twice')), spec: { apiKeySecretRef: { name: 'twice' } } }
  writeFileSync(file, stringify({ ...keyless, metadata: { ...keyless.metadata, ...TRACKING } }))
  const look = async () => {
    const account = await journey.cluster.get({ kind: 'DigiCertAccount', namespace: journey.namespace, name: 'twice' })
    return account as (Resource & { status?: { conditions: { reason: string }[] } }) | undefined
  }
  for (const [, , flags] of WAYS) {
    await applied(file, flags)
    await eventually(
      'a look at the account',
      async () => (await look())?.status?.conditions[0]?.reason === 'HostNotAllowed',
    )
    const before = versions((await look())!)
    expect((await kubectl('diff', ...flags, '-f', file)).code).toBe(0)
    await applied(file, flags)
    expect(versions((await look())!)).toEqual(before)
  }
})

describe('the Secrets of an order', () => {
  const owned = async (name: string) => {
    const secrets = await journey.cluster.list({ kind: 'Secret', namespace: journey.namespace })
    return secrets.filter(({ metadata }) => metadata.annotations?.['digicert-operator.io/order'] === name)
  }

  test('carry nothing by which a tool would take them for its own, and prune them', async () => {
    await applied(inGit('tracked', { secretTemplate: { labels: { team: 'web' } } }), FLUX)
    await journey.ready('tracked')
    const secrets = await owned('tracked')
    expect(secrets.map(({ metadata }) => metadata.name).sort()).toEqual(['tracked-key-1', 'tracked-tls'])
    for (const { metadata } of secrets)
      for (const key of [...Object.keys(metadata.labels ?? {}), ...Object.keys(metadata.annotations ?? {})])
        expect(key).toMatch(/^(digicert-operator\.io\/|team$)/)
  })

  test('of its key belong to the order, and that of its certificate to nobody, so that it outlives the order', async () => {
    await applied(inGit('owned'), FLUX)
    await journey.ready('owned')
    const owners = (await owned('owned')).map(({ metadata }) => [
      metadata.name,
      (metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind} ${name}`),
    ])
    expect(owners.sort()).toEqual([
      ['owned-key-1', ['DigiCertOrder owned']],
      ['owned-tls', []],
    ])
  })
})

describe('an order that is pruned', () => {
  test.each([
    ['Retain', 'issued'],
    ['RevokeOrder', 'revoked'],
  ])('with deletionPolicy %s leaves its certificate Secret, and the order %s', async (deletionPolicy, status) => {
    const name = `pruned-${status}`
    const file = inGit(name, { deletionPolicy })
    await applied(file, FLUX)
    const { status: known } = await journey.ready(name)
    // The finalizer, where there is one, is no difference either.
    expect(await drift(name, file, FLUX)).toBe('none')
    // Foreground deletion is what Argo CD prunes by.
    await succeed(journey.kubectl, ['delete', 'dco', name, '-n', journey.namespace, '--cascade=foreground'])
    expect(await journey.cluster.order(journey.namespace, name)).toBeUndefined()
    expect(await journey.secretOf(name)).toMatchObject({ type: 'kubernetes.io/tls' })
    expect(await journey.certCentral.order(known?.order?.id ?? 0)).toMatchObject({ status })
  })

  test('and comes back with a revert in Git takes its own order over, and buys nothing', async () => {
    const file = inGit('reverted')
    await applied(file, FLUX)
    const first = await journey.ready('reverted')
    const bought = (await journey.certCentral.paid()).length
    await succeed(journey.kubectl, ['delete', '-f', file, '-n', journey.namespace])
    await applied(file, FLUX)
    const second = await journey.ready('reverted')
    expect([second.status?.order?.id, (await journey.certCentral.paid()).length]).toEqual([
      first.status?.order?.id,
      bought,
    ])
  })
})

describe('what arrives in the wrong order', () => {
  test('becomes Ready all the same: order, then account, then the Secret that External Secrets brings', async () => {
    const name = 'early'
    await applied(inGit(name, { accountRef: { name: 'tardy' } }), FLUX)
    await journey.says(name, 'AccountNotFound')

    const account = (await accountNamed('tardy')) as unknown as { spec: object }
    const spec = { ...account.spec, apiKeySecretRef: { name: 'tardy' } }
    await journey.cluster.apply({ ...account, spec }, journey.namespace)
    await journey.says(name, 'AccountNotReady')

    const data = { 'api-key': 'simulator' }
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tardy' }, stringData: data }
    await journey.cluster.apply(secret, journey.namespace)
    const order = await journey.ready(name, 60_000)
    expect(conditionOf(order, 'Stalled')).toBeUndefined()
  })
})
