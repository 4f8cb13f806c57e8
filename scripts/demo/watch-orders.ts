import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { DigiCertOrder } from '../../src/api/order.ts'

/** Where to watch, and until when. */
export type Watching = {
  readonly kubectlPath: string
  readonly kubeconfig: string
  readonly signal: AbortSignal
}

/**
 * Calls back for each order of the cluster and for each change of one, by a real `kubectl get --watch`, until the signal.
 * A watch that the server ends is begun again.
 */
export async function watchOrders(
  { kubectlPath, kubeconfig, signal }: Watching,
  onOrder: (order: DigiCertOrder) => void,
): Promise<void> {
  const args = ['get', 'digicertorders', '--all-namespaces', '--watch', '--output=json']
  while (!signal.aborted) {
    const child = spawn(kubectlPath, args, {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const kill = () => child.kill('SIGKILL')
    signal.addEventListener('abort', kill)
    await eachDocument(child, (text) => onOrder(JSON.parse(text) as DigiCertOrder))
    signal.removeEventListener('abort', kill)
    // Without a server kubectl ends at once, and must not be started over and over.
    await pause(500, undefined, { signal }).catch(() => undefined)
  }
}

/* kubectl writes one indented object after the other: each ends with the first brace in the first column. */
async function eachDocument(child: ChildProcess, onDocument: (text: string) => void): Promise<void> {
  if (child.stdout === null) return
  let lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (line !== '}') continue
    onDocument(lines.join('\n'))
    lines = []
  }
}
