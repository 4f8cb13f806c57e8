import { spawn } from 'node:child_process'

/** What a run of kubectl came to. */
export type KubectlResult = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs kubectl; `input` goes to its stdin, for `-f -`. Never throws because of the exit code. */
export type Kubectl = (args: readonly string[], options?: { readonly input?: string }) => Promise<KubectlResult>

/** A kubectl that is bound to one cluster and looks at no other configuration of the user. */
export function kubectlFor(program: string, kubeconfig: string): Kubectl {
  const env = { PATH: process.env['PATH'], KUBECONFIG: kubeconfig, KUBECACHEDIR: `${kubeconfig}.cache`, KUBERC: 'off' }
  return (args, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      child.once('error', reject)
      child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
      // kubectl that fails early closes its stdin; its exit code tells the story.
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.input ?? '')
    })
}

/**
 * Runs kubectl and gives its stdout.
 * @throws Error with what kubectl said, when it ends with anything but 0.
 */
export async function succeed(kubectl: Kubectl, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, input === undefined ? {} : { input })
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout
}
