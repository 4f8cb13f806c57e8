import type { World } from '../world.ts'
import type { Order } from './model.ts'
import { startWork } from './work.ts'

/** Reissues with the same CSR if DigiCert was asked to, and if the plan outlives the certificate. */
export function autoReissue(world: World, order: Order): void {
  const plan = world.settings.multiYearPlans && order.product.multiYearPlan
  const ends = order.current?.issued?.notAfter ?? Infinity
  if (plan && order.autoReissue === 1 && ends < order.validTill) reissueSameKey(world, order)
}

/** Reissues the current certificate with its own CSR, as DigiCert's staff would. Approval is not asked for. */
export function reissueSameKey(world: World, order: Order): boolean {
  const current = order.current
  if (current === undefined || order.work !== undefined || order.status !== 'issued') return false
  const { commonName, dnsNames, csr, hash, serverPlatformId } = current
  const certificate = {
    ...({ id: undefined, kind: 'reissue', status: 'pending', validity: undefined } as const),
    ...{ commonName, dnsNames, csr, hash, serverPlatformId },
    createdAt: world.clock.now(),
  }
  startWork(world, order, certificate, { kind: 'auto-reissue', skipApproval: true, requester: 'DigiCert' })
  return true
}
