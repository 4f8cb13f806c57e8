import type { DigiCertOrder } from '../api/order.ts'
import { API_VERSION } from '../api/names.ts'
import type { KubeClient, KubeObject, Resource } from '../kube/client.ts'
import type { Recorder } from '../kube/events.ts'

const DEPLOYMENTS: Resource = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' }

/**
 * Makes the announcement of what is left in CertCentral of an order that is gone. Its own namespace may take no Event any
 * more, so the Event regards the operator's Deployment, with the order as `related`. Never rejects.
 */
export const createLeftAnnouncer = (
  kube: Pick<KubeClient, 'get'>,
  recorder: Pick<Recorder, 'record'>,
  { operatorNamespace: namespace, deploymentName: name }: { operatorNamespace: string; deploymentName: string },
) => {
  // With its UID, `kubectl describe` of the Deployment shows the Event; without, `kubectl events` does.
  const uidOf = async (): Promise<{ uid?: string }> => {
    const found = await kube.get<KubeObject>(DEPLOYMENTS, { namespace, name }).catch(() => undefined)
    return found?.metadata.uid === undefined ? {} : { uid: found.metadata.uid }
  }

  return async (order: DigiCertOrder, message: string): Promise<void> => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name, ...(await uidOf()) } }
    const related = { ...order, apiVersion: API_VERSION, kind: 'DigiCertOrder' }
    recorder.record(deployment, { type: 'Warning', reason: 'OrderLeft', message, action: 'Delete', related })
  }
}
