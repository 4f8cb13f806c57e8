import { homedir } from 'node:os'
import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type { WriteObserver } from './call.ts'
import { createCredentialSource } from './credentials.ts'
import { loadKubeConfig } from './kubeconfig.ts'
import type { Surroundings } from './kubeconfig.ts'
import { createReads, createWatches } from './reads.ts'
import { createTransport } from './transport.ts'
import type { RequestObserver } from './transport.ts'
import type { KubeClient } from './verbs.ts'
import { createWrites } from './writes.ts'

export { KubeError, isFailure, isNamespaceTerminating } from './error.ts'
export type { KubeFailure } from './error.ts'
export { apiVersionOf, compareVersions, keyOf, nameOf } from './resource.ts'
export type { KubeObject, Meta, ObjectName, OwnerReference, Resource } from './resource.ts'
export type { KubeClient, ListOptions, Page, RemoveOptions, WatchOptions, WriteOptions } from './verbs.ts'
export type { WatchEvent } from './watch.ts'
export type { WriteObserver, WriteRecord } from './call.ts'

export type KubeConnection = KubeClient & {
  /** Closes the connections; calls and watches under way fail. */
  close: () => Promise<void>
}

export type ConnectOptions = {
  /** Path of a kubeconfig; else `KUBECONFIG`, the pod's service account, `~/.kube/config`. */
  readonly kubeconfig?: string | undefined
  /** Default deadline of a call; 30 seconds. */
  readonly requestTimeoutMs?: number | undefined
  readonly userAgent: string
  readonly observer?: RequestObserver
  readonly onWrite?: WriteObserver
  readonly surroundings?: Surroundings
  readonly clock?: Clock
  readonly random?: () => number
}

/** Reads the kubeconfig, and throws when there is none; the server is not contacted yet. */
export function connect(options: ConnectOptions): KubeConnection {
  const surroundings = options.surroundings ?? { env: process.env, home: homedir() }
  const clock = options.clock ?? systemClock
  const source = createCredentialSource(() => loadKubeConfig(options.kubeconfig, surroundings), clock)
  const timeoutMs = options.requestTimeoutMs ?? 30_000
  // The deadline of a call covers its body; a watch has none, its reader has a watchdog.
  const open = (headersTimeout: number) =>
    createTransport(source, options.userAgent, { connections: 64, headersTimeout, bodyTimeout: 0 }, options.observer)
  const [calls, watches] = [open(0), open(timeoutMs)]
  const caller = { transport: calls, clock, random: options.random ?? Math.random, timeoutMs, onWrite: options.onWrite }
  return {
    ...createReads(caller),
    ...createWrites(caller),
    ...createWatches({ ...caller, transport: watches }),
    close: async () => {
      await Promise.all([calls.close(), watches.close()])
    },
  }
}
