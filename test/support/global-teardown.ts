/** Ends the control planes of the suite, unless they are kept or were not ours. */
export default async function teardown(): Promise<void> {
  await Promise.all((globalThis.ownControlPlanes ?? []).map((plane) => plane.stop()))
}
