import { expect, test } from '@jest/globals'
import { exportKey } from '../../../src/pki/keys.ts'
import { issueChain } from '../../support/ca.ts'
import { startTimeMachine } from '../../support/time-machine.ts'

test('the witness of these tests sees a version that does not fit, though it stands for a moment only', async () => {
  const machine = await startTimeMachine()
  const [ours, other] = await Promise.all([issueChain(['a.example.com']), issueChain(['b.example.com'])])
  const write = (certificate: string) =>
    machine.cluster.send({
      method: 'PATCH',
      path: `/api/v1/namespaces/${machine.namespace}/secrets/seen?fieldManager=digicert-operator&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'seen' },
        type: 'kubernetes.io/tls',
        stringData: { 'tls.crt': certificate, 'tls.key': exportKey(ours.leaf.key, 'PKCS8') },
      },
    })
  await write(ours.leaf.pem + ours.intermediate.pem)
  expect(await machine.faults()).toEqual([])

  await write(other.leaf.pem + other.intermediate.pem)
  await write(ours.leaf.pem + ours.intermediate.pem)

  expect(await machine.faults()).toEqual(['seen: the key is of another certificate'])
  await machine.close()
})
