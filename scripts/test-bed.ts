/**
 * Starts or stops the control plane that is kept between test runs:
 *
 *     node scripts/test-bed.ts start|stop
 */
import { stop } from '../test/support/control-plane.ts'
import { keptDirectory, openKeptTestBed } from '../test/support/test-bed.ts'

const [, , verb] = process.argv

if (verb === 'start') {
  const plane = await openKeptTestBed(process.env, (line) => console.error(line))
  console.log(`export KUBECONFIG=${plane.kubeconfig}`)
  console.log(`export PATH=${plane.kubectlPath.replace(/\/kubectl$/, '')}:$PATH`)
} else if (verb === 'stop') {
  await stop(keptDirectory(process.env))
} else {
  console.error('usage: node scripts/test-bed.ts start|stop')
  process.exitCode = 1
}
