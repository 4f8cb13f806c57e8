import type { Meta, Resource } from './resource.ts'

/** The kind that leaders are elected with. */
export const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease' }

export type LeaseSpec = {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
}

export type Lease = { apiVersion?: string; kind?: string; metadata: Meta; spec?: LeaseSpec }

/** A time as Lease fields want it: with exactly six decimals (`metav1.MicroTime`). */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

/** Who holds the lease; undefined when it was never taken or was released. */
export function holderOf(lease: Lease): string | undefined {
  return lease.spec?.holderIdentity === '' ? undefined : lease.spec?.holderIdentity
}

/** What a claim says of its maker. */
export type Claim = { readonly identity: string; readonly leaseMs: number; readonly now: number }

/**
 * The lease as the claimant wants it to be: renewed when it is its own, else taken over. Fields of others are kept, and
 * so is the resource version, which makes the write a compare-and-swap.
 */
export function claimed(lease: Lease, { identity, leaseMs, now }: Claim): Lease {
  const held = lease.spec ?? {}
  const renewTime = microTime(now)
  const mine = { ...held, holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime }
  if (held.holderIdentity === identity) return { ...lease, spec: mine }
  const leaseTransitions = lease.metadata.resourceVersion === undefined ? 0 : (held.leaseTransitions ?? 0) + 1
  return { ...lease, spec: { ...mine, acquireTime: renewTime, leaseTransitions } }
}

/** The lease given up: the next candidate may take it a second after it has seen this. */
export function released(lease: Lease, now: number): Lease {
  const time = microTime(now)
  const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time }
  return { ...lease, spec }
}
