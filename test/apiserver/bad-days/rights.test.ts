import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bed, bought, leaks, place, startBed, untilReady, untilStalled } from '../../support/bad-days.ts'
import { openCluster } from '../../support/cluster.ts'
import { describeOwn, openOwnPlane } from '../../support/own-plane.ts'
import { waitFor } from '../../support/wait-for.ts'

/* The rights of a service account need a control plane that hands out tokens. */

const RBAC = 'rbac.authorization.k8s.io'
const OURS = 'digicert-operator.io'
const READ = ['get', 'list', 'watch']
const rule = (apiGroup: string, resources: string[], verbs: string[]) => ({ apiGroups: [apiGroup], resources, verbs })

const role = (namespace: string, secretVerbs: string[]) => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'Role',
  metadata: { name: 'operator', namespace },
  rules: [
    rule(OURS, ['digicertorders', 'digicertaccounts'], READ),
    rule(OURS, ['digicertorders/status', 'digicertaccounts/status'], ['update']),
    rule('', ['secrets'], secretVerbs),
    rule('', ['events'], ['create', 'patch']),
  ],
})

const binding = (namespace: string, subject: { name: string; namespace: string }) => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { name: 'operator', namespace },
  roleRef: { apiGroup: RBAC, kind: 'Role', name: 'operator' },
  subjects: [{ kind: 'ServiceAccount', ...subject }],
})

const ALL = [...READ, 'create', 'patch', 'update', 'delete']

describeOwn('an operator whose rights on Secrets are taken away', () => {
  let bed: Bed
  beforeAll(async () => {
    const cluster = openCluster()
    bed = await startBed({
      operator: 'none',
      flags: { 'cluster-accounts': false },
      kubeconfig: async (namespace) => {
        await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'operator', namespace } })
        return openOwnPlane().userKubeconfig({ namespace, name: 'operator' })
      },
    })
    await grant(ALL)
    await bed.startOperator()
  })
  afterAll(() => bed.close())

  const grant = async (secretVerbs: string[]): Promise<void> => {
    const { namespace, otherNamespace, cluster } = bed
    const subject = { name: 'operator', namespace }
    for (const where of [namespace, otherNamespace])
      await cluster.apply([role(where, secretVerbs), binding(where, subject)])
  }

  test('works with no more rights than those, which are Roles alone', async () => {
    await place(bed, 'allowed')

    await untilReady(bed, 'allowed')
  })

  test.each([
    ['to write the target', 'no-patch', [...READ, 'create', 'update', 'delete']],
    ['to create a key', 'no-create', [...READ, 'patch', 'update', 'delete']],
  ])(
    '%s says so before anything is bought, and goes on once they are back',
    async (_what, name, verbs) => {
      await grant(verbs)
      // A right that is taken away is still believed in for a moment by the API server.
      await refused(verbs.includes('create') ? 'patch' : 'create')
      await place(bed, name)

      expect(await untilStalled(bed, name, 'SecretWriteDenied')).toMatch(/nothing was bought: .*forbidden/)
      expect(await bought(bed, name)).toEqual([])

      await grant(ALL)
      await untilReady(bed, name, 60_000)
      expect(await bought(bed, name)).toHaveLength(1)
    },
    100_000,
  )

  async function refused(verb: string): Promise<void> {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${bed.namespace}:operator`,
        resourceAttributes: { namespace: bed.namespace, verb, resource: 'secrets' },
      },
    }
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
    const isRefused = async () => {
      const { status } = (await bed.cluster.send({ method: 'POST', path, body: review })) as {
        status: { allowed: boolean }
      }
      return !status.allowed
    }
    await waitFor(isRefused, { what: `refusal to ${verb} Secrets`, limitMs: 10_000 })
  }

  test('tells no key in logs, Events, statuses or metrics', async () => {
    expect(await leaks(bed)).toEqual([])
  })
})
