import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ApiServerError } from '../support/api-server.ts'
import { openCluster } from '../support/cluster.ts'
import type { ControlPlane } from '../support/control-plane.ts'
import { describeOwn, openOwnPlane } from '../support/own-plane.ts'
import { waitFor } from '../support/wait-for.ts'

const cluster = openCluster()
const configMap = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
})

describe('the test bed', () => {
  let namespace: string
  beforeAll(async () => {
    namespace = await cluster.newNamespace()
  })
  afterAll(() => cluster.deleteNamespace(namespace))

  test('collects what a deleted object owned, a custom resource included', async () => {
    const [owner] = await cluster.apply(account('owner'), namespace)
    const { apiVersion, kind, metadata } = owner!
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }]
    await cluster.apply(configMap('owned', { ownerReferences }), namespace)

    await cluster.remove({ kind: 'DigiCertAccount', namespace, name: 'owner' })

    await waitFor(async () => (await cluster.get({ kind: 'ConfigMap', namespace, name: 'owned' })) === undefined, {
      what: 'collection of the owned object',
      limitMs: 10_000,
    })
  })

  test('enforces a quota', async () => {
    const full = await cluster.newNamespace()
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' } }
    await cluster.apply({ ...quota, spec: { hard: { secrets: '0' } } }, full)
    const usage = async () => (await cluster.get({ kind: 'ResourceQuota', namespace: full, name: 'none' }))?.['status']
    await waitFor(async () => JSON.stringify(await usage()).includes('"used"'), { what: 'quota', limitMs: 10_000 })

    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one-too-many' } }
    const refused = await cluster.apply(secret, full).catch((error: unknown) => error)

    expect(refused).toBeInstanceOf(ApiServerError)
    expect(refused).toMatchObject({ status: 403, message: expect.stringContaining('exceeded quota') })
    await cluster.deleteNamespace(full)
  })

  test('empties and removes a deleted namespace', async () => {
    const doomed = await cluster.newNamespace()
    await cluster.apply([configMap('left-over'), account('left-over')], doomed)

    await cluster.deleteNamespace(doomed)

    const gone = async () => (await cluster.get({ kind: 'Namespace', name: doomed })) === undefined
    await waitFor(gone, { what: 'end of the namespace', limitMs: 20_000 })
  })

  test('refuses an object that breaks a rule of its CRD', async () => {
    const bad = { ...account('bad'), spec: { apiKeySecretRef: { name: 'Not A Name' } } }

    await expect(cluster.apply(bad, namespace)).rejects.toMatchObject({ status: 422 })
  })
})

describeOwn('the control plane', () => {
  let plane: ControlPlane
  let namespace: string
  beforeAll(async () => {
    plane = openOwnPlane()
    namespace = await cluster.newNamespace()
  })
  afterAll(() => cluster.deleteNamespace(namespace))

  test('gives a service account its own rights and no more', async () => {
    await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader' } }, namespace)
    await cluster.apply(READER, namespace)

    const asReader = openCluster(await plane.userKubeconfig({ namespace, name: 'reader' }))

    expect(await asReader.list({ kind: 'ConfigMap', namespace })).toEqual([])
    await expect(asReader.list({ kind: 'Secret', namespace })).rejects.toMatchObject({ status: 403 })
  })

  test('keeps its data and its address when the API server dies and comes back', async () => {
    await cluster.apply(configMap('before'), namespace)

    await plane.killApiServer()
    await expect(cluster.list({ kind: 'ConfigMap', namespace })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await plane.restartApiServer()

    expect(await cluster.get({ kind: 'ConfigMap', namespace, name: 'before' })).toBeDefined()
    const { code, stdout } = await plane.kubectl(['get', 'configmap', 'before', '-n', namespace, '-o', 'name'])
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: 'configmap/before' })
  })
})

const account = (name: string) => ({
  apiVersion: 'digicert-operator.io/v1alpha1',
  kind: 'DigiCertAccount',
  metadata: { name },
  spec: { apiKeySecretRef: { name: 'key' } },
})

const READER = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ apiGroups: [''], resources: [configmaps], verbs: [get, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: reader }]
`
