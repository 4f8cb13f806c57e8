import type { DigiCertOrder } from '../api/order.ts'
import type { EventReason } from '../api/reasons.ts'
import type { KubeClient, KubeObject, Resource } from '../kube/client.ts'
import type { EventRecorder } from '../kube/events.ts'
import { withTypeMeta } from './orders.ts'

const DEPLOYMENTS: Resource = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' }

/**
 * Makes announcements of orders whose own namespace may take no Event any more: the Event regards the operator's
 * Deployment, with the order as `related`. They never reject.
 */
export const createHomeAnnouncer = (
  kube: Pick<KubeClient, 'get'>,
  recorder: Pick<EventRecorder, 'record'>,
  { operatorNamespace: namespace, deploymentName: name }: { operatorNamespace: string; deploymentName: string },
) => {
  // With its UID, `kubectl describe` of the Deployment shows the Event; without, `kubectl events` does.
  const uidOf = async (): Promise<{ uid?: string }> => {
    const found = await kube.get<KubeObject>(DEPLOYMENTS, { namespace, name }).catch(() => undefined)
    return found?.metadata.uid === undefined ? {} : { uid: found.metadata.uid }
  }

  return async (order: DigiCertOrder, reason: EventReason, message: string): Promise<void> => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name, ...(await uidOf()) } }
    const related = withTypeMeta(order)
    recorder.record(deployment, { type: 'Warning', reason, message, action: 'Delete', related })
  }
}
