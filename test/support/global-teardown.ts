/** Ends the control plane of the suite, unless it is kept or was not ours. */
export default async function teardown(): Promise<void> {
  await globalThis.ownControlPlane?.stop()
}
