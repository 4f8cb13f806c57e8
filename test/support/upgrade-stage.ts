import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Resource } from './api-server.ts'
import { bought } from './bad-days.ts'
import { type Cluster, openCluster } from './cluster.ts'
import type { ControlPlane } from './control-plane.ts'
import type { EarlierVersion } from './earlier-version.ts'
import { type Fault, plansFor } from './faults.ts'
import { conditionOf } from './journey.ts'
import { SCENARIOS, type ScenarioName } from './scenarios.ts'
import { note, wrongWith } from './sweep-table.ts'
import { endStage, play, type Plan, quiet, type Run, type Stage, startStage } from './sweep.ts'
import { CRDS, startOwnTestBed } from './test-bed.ts'

/** A control plane whose kinds are those of the earlier version. */
export const startEarlierPlane = (earlier: EarlierVersion): Promise<ControlPlane> =>
  startOwnTestBed(process.env, () => undefined, [earlier.crds])

/** A stage whose operator is of the earlier version until it dies, and of this one when it comes back. */
type UpgradeStage = Stage & {
  /** Puts the earlier version and its kinds in place again. */
  readonly downgrade: () => Promise<void>
}

async function startUpgradeStage(plane: ControlPlane, { checkout, crds }: EarlierVersion): Promise<UpgradeStage> {
  await putKinds(openCluster(plane.kubeconfig), crds)
  const stage = await startStage({ plane, checkout })
  let version: 'earlier' | 'this' = 'earlier'
  return {
    ...stage,
    revive: async () => {
      if (version === 'earlier') await putKinds(stage.bed.cluster, CRDS[0])
      version = 'this'
      await stage.operator.become(undefined)
    },
    downgrade: async () => {
      await stage.operator.kill()
      await putKinds(stage.bed.cluster, crds)
      version = 'earlier'
      await stage.operator.become(checkout)
      await quiet(stage.line)
    },
  }
}

/** Puts the kinds of a directory in the place of those that are there; kubectl takes some seconds for that. */
async function putKinds({ get, send }: Cluster, directory: string): Promise<void> {
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.yaml'))) {
    const kind = parse(readFileSync(join(directory, file), 'utf8')) as Resource
    const { metadata } = (await get(kindNamed(kind.metadata.name))) as Resource
    const body = { ...kind, metadata: { ...kind.metadata, resourceVersion: metadata.resourceVersion } }
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${kind.metadata.name}`
    await send({ method: 'PUT', path, body })
  }
}

const kindNamed = (name: string) => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name })

/** At which calls, by their labels, and how the earlier version dies; silent: at all, in both ways. */
export type Deaths = (label: string, crash: Fault) => boolean

const CRASHES: readonly Fault[] = ['crash before it', 'crash after it']

/**
 * Plays a scenario under the earlier version that dies at each call of it, or at its end, and is followed by this one.
 * Gives what was broken.
 */
export async function upgradeThrough(
  plane: ControlPlane,
  earlier: EarlierVersion,
  scenario: ScenarioName,
  dies: Deaths = () => true,
): Promise<string[]> {
  const stage = await startUpgradeStage(plane, earlier)
  const slug = scenario.replaceAll(/[^a-z]+/g, '-')
  const broken: string[] = []
  const names: string[] = []
  const played = async (name: string, where: string, plan?: Plan): Promise<Run> => {
    names.push(name)
    const run = await play(stage, SCENARIOS[scenario], name, plan && { plans: [plan], reference: plain?.end ?? '' })
    const wrong = [...wrongWith(run), ...(await stalls(stage, name))].map((what) => `${name} (${where}): ${what}`)
    note({ scenario, fault: `upgrade: ${plan?.fault ?? 'none'}`, runs: 1, orders: run.purchases, broken: wrong })
    broken.push(...wrong)
    return run
  }
  let plain: Run | undefined
  try {
    // From a start of the earlier version, as all runs are: what it does once after its first start is no call of the order.
    await stage.downgrade()
    plain = await played(`${slug}-plain`, 'earlier version alone')
    const { trace } = plain
    for (const { at, fault } of plansFor(trace, CRASHES)) {
      const label = trace[at]?.label ?? ''
      if (!dies(label, fault)) continue
      await stage.downgrade()
      await played(`${slug}-${at}-${fault.replaceAll(' ', '-')}`, label, { at, fault })
    }
    broken.push(...(await leftAlone(stage, names, SCENARIOS[scenario].purchases)))
  } finally {
    await endStage(stage)
  }
  return broken
}

/** An order that waits for a person at its end. */
async function stalls({ bed }: Stage, name: string): Promise<string[]> {
  const order = await bed.cluster.order(bed.namespace, name)
  const stalled = order && conditionOf(order, 'Stalled')
  return stalled?.status === 'True' ? [`it is stalled: ${stalled.reason}: ${stalled.message}`] : []
}

/** What all changes from one version to the other, and back, did to orders that were at their ends before. */
async function leftAlone(stage: UpgradeStage, names: readonly string[], purchases: number): Promise<string[]> {
  const { bed, line } = stage
  await stage.downgrade()
  await stage.operator.kill()
  await stage.revive()
  await quiet(line)
  const broken: string[] = []
  for (const name of names) {
    const order = await bed.cluster.order(bed.namespace, name)
    const count = (await bought(bed, name)).length
    if (count !== purchases) broken.push(`${name}: bought ${count} times after all changes of the version`)
    if (order && conditionOf(order, 'Ready')?.status !== 'True') broken.push(`${name}: not Ready after all changes`)
  }
  return broken
}
