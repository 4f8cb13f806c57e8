import { openControlPlane } from './control-plane.ts'

/*
 * Run before each test file: sets `KUBECONFIG`, and `TEST_CONTROL_PLANE`, the directory that `openControlPlane` takes.
 * Each worker has a control plane of its own, as some tests strike theirs; where there are fewer, they share.
 */
const planes = (process.env['TEST_CONTROL_PLANES'] ?? '').split(':').filter((directory) => directory !== '')
const own = planes[(Number(process.env['JEST_WORKER_ID']) - 1) % planes.length]
if (own !== undefined) {
  process.env['TEST_CONTROL_PLANE'] = own
  process.env['KUBECONFIG'] = openControlPlane(own)?.kubeconfig
}
