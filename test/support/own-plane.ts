import { describe } from '@jest/globals'
import { type ControlPlane, openControlPlane } from './control-plane.ts'

/** Whether the suite started the control plane itself; only such a one hands out tokens and may be killed. */
export const hasOwnPlane = (): boolean => process.env['TEST_CONTROL_PLANE'] !== undefined

/** @throws Error where the suite runs on another cluster */
export function openOwnPlane(): ControlPlane {
  const plane = openControlPlane(process.env['TEST_CONTROL_PLANE'] ?? '')
  if (!plane) throw new Error('the suite started no control plane of its own')
  return plane
}

/** Describes what needs a control plane of the suite's own; skipped on another cluster. */
export const describeOwn = hasOwnPlane() ? describe : describe.skip
