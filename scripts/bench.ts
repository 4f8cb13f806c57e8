/**
 * `make bench`: what a certificate costs, on real servers, beside the floor of the same run. It prints figures and ratios,
 * and fails only where something was bought twice or a Secret is not good.
 *
 * B=issue,waited,limits,growth,failover,year  only these, in this order; all of them where it is left out
 * B=ours, B=mass, B=rest                       issue without cert-manager; a half of limits; the end of growth
 * B=profile                                    a CPU profile and a heap snapshot, into PROFILES=profiles/
 * N=1000 orders of a run, RUNS=3 of each, KEYS=ECDSA,RSA, REST=10000 orders at rest, IDLE=300 seconds of rest
 * PER_KEY=500                                  orders of each API key in limits
 * CM_WORKERS=20, CM_GATES=ServerSideApply=true settings of cert-manager
 * BENCH_KUBECONFIG=file                        a cluster of yours in the place of a control plane of its own
 * PICTURE=file.svg                             where growth draws to
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { assembleImage } from '../test/support/image.ts'
import { certManager } from './bench/cert-manager.ts'
import type { Cost } from './bench/cost.ts'
import { STRICT, massReissue, underLimits } from './bench/budget.ts'
import { failover } from './bench/failover.ts'
import { floor } from './bench/floor.ts'
import { drawGrowth } from './bench/picture.ts'
import { type Issued, type Kind, issue } from './bench/issue.ts'
import { spread } from './bench/measure.ts'
import { profile } from './bench/profile.ts'
import { type Rest, rest } from './bench/rest.ts'
import { type Stand, type StandOptions, startStand } from './bench/stand.ts'
import { fleetOf } from './bench/year.ts'

const setting = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const [COUNT, RUNS] = [setting('N', 1000), setting('RUNS', 3)]
const [REST, IDLE] = [setting('REST', 10_000), setting('IDLE', 300)]
const ALGORITHMS = (process.env['KEYS'] ?? 'ECDSA,RSA').split(',') as Kind['algorithm'][]
/** Of cert-manager; the best for it was not searched for. */
const TUNING = { workers: setting('CM_WORKERS', 20), gates: process.env['CM_GATES'] ?? '' }

/** Has all operators of the bench be the program of the image, started as the image starts it. */
async function takeImage(): Promise<void> {
  const { root, config } = await assembleImage()
  const [, ...args] = config.entrypoint
  Object.assign(process.env, config.environment)
  process.env['TEST_PROGRAM'] = [...args.slice(0, -1), join(root, args.at(-1) ?? '')].join(' ')
}

/** A key has 90 calls in 5 s and 1,000 in 5 minutes: so many that none of them is what holds the orders up. */
const keysFor = (count: number): number => Math.max(10, Math.ceil(count / 400))

async function onFresh<T>(options: StandOptions, work: (stand: Stand) => Promise<T>): Promise<T> {
  const stand = await startStand(options)
  try {
    return await work(stand)
  } finally {
    await stand.close()
  }
}

/** As many keys as it takes, and CertCentral without limits. */
const freely = (accounts: number): StandOptions => ({ accounts, requestsPerSecond: 5, limited: false })

const say = (line: string): void => console.log(line)
const ratio = (a: number, b: number): string => (a / b).toFixed(2)

/** A row of a table: what it is, how it is had of a run, and how many digits of it tell something. */
type Row<C> = readonly [what: string, of: (cost: C) => number, digits: number]

const OF_ALL: readonly Row<Cost>[] = [
  ['certificates per second', ({ perSecond }) => perSecond, 1],
  ['writes per certificate', ({ writes }) => writes, 2],
  ['Events per certificate, written', ({ events }) => events, 2],
  ['CPU of the program, ms', ({ operatorCpuMs }) => operatorCpuMs, 1],
  ['CPU of the API server, ms', ({ apiServerCpuMs }) => apiServerCpuMs, 1],
  ['CPU of etcd, ms', ({ etcdCpuMs }) => etcdCpuMs, 1],
  ['most memory of the program, MiB', ({ peakMiB }) => peakMiB, 0],
  ['apply to Ready, p50, s', ({ p50Seconds }) => p50Seconds, 2],
  ['apply to Ready, p99, s', ({ p99Seconds }) => p99Seconds, 2],
]
const OF_OURS: readonly Row<Issued>[] = [
  ['CertCentral calls per certificate', ({ calls }) => calls, 2],
  ['event loop stood still at most, ms', ({ blockedMs }) => blockedMs, 0],
]

const cell = (values: readonly number[], digits: number): string => {
  const { median, min, max } = spread(values)
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}

const rowsOf = <C>(rows: readonly Row<C>[], columns: readonly (readonly C[])[]): void => {
  for (const [what, of, digits] of rows)
    say(`| ${what} | ${columns.map((costs) => cell(costs.map(of), digits)).join(' | ')} |`)
}

/** Runs of one kind that were made in turn. */
type Runs = { readonly ours: readonly Issued[]; readonly floors: readonly number[]; readonly theirs: readonly Cost[] }

function table(title: string, { ours, floors, theirs }: Runs): void {
  const columns = theirs.length > 0 ? [ours, theirs] : [ours]
  say(`\n## ${title}\n\nmedian (least to most of ${ours.length})\n`)
  say(`| what | digicert-operator |${theirs.length > 0 ? ' cert-manager |' : ''}`)
  say(`| --- |${columns.map(() => ' --- |').join('')}`)
  rowsOf(OF_ALL, columns)
  rowsOf(OF_OURS, [ours])
  const rate = spread(ours.map(({ perSecond }) => perSecond)).median
  if (floors.length > 0) {
    say(`| floor, per second | ${cell(floors, 1)} |`)
    say(`| ratio to the floor | ${ratio(rate, spread(floors).median)} |`)
  }
  if (theirs.length > 0)
    say(`| ratio to cert-manager | ${ratio(rate, spread(theirs.map(({ perSecond }) => perSecond)).median)} |`)
  say(`\nrequests per certificate: ${figures(ours[0]!.requests)}`)
  say(`CertCentral calls per certificate: ${figures(ours[0]!.callsByEndpoint)}`)
  if (theirs.length > 0) say(`requests per certificate of cert-manager: ${figures(theirs[0]!.requests)}`)
}

const figures = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count.toFixed(2)}`)
    .join(', ')

type Beside = 'floor' | 'cert-manager'

/** The operator and what it is held against, in turn. */
async function inTurn(kind: Kind, count: number, runs: number, beside: readonly Beside[]): Promise<Runs> {
  const { algorithm } = kind
  const [ours, floors, theirs]: [Issued[], number[], Cost[]] = [[], [], []]
  for (let run = 0; run < runs; run++) {
    ours.push(await onFresh(freely(keysFor(count)), (stand) => issue(stand, kind, count)))
    if (beside.includes('floor'))
      floors.push(await onFresh(freely(1), (stand) => floor(stand, 'floor', algorithm, count)))
    if (beside.includes('cert-manager'))
      theirs.push(await onFresh(freely(1), (stand) => certManager(stand, TUNING, { algorithm, count })))
  }
  return { ours, floors, theirs }
}

async function issuing(way: Kind['way'], runs: number, beside: readonly Beside[]): Promise<void> {
  for (const algorithm of way === 'instant' ? ALGORITHMS : (['ECDSA'] as const)) {
    const kind: Kind = { prefix: 'cold', algorithm, way }
    table(`${COUNT} orders, ${algorithm}, ${way}`, await inTurn(kind, COUNT, runs, beside))
  }
}

/** So many bought, and then left at rest. */
const atRest = (count: number): Promise<{ cost: Issued; rest: Rest }> =>
  onFresh(freely(keysFor(count)), async (stand) => {
    const cost = await issue(stand, { prefix: 'rest', algorithm: 'ECDSA', way: 'instant' }, count)
    return { cost, rest: await rest(stand, count, IDLE) }
  })

const tellRest = (count: number, costs: Rest): void =>
  say(`\n## ${count} issued orders at rest\n\n${JSON.stringify(costs, undefined, 2)}`)

/** The same at growing numbers of orders, the last of which are left at rest; the picture goes to PICTURE. */
async function growth(): Promise<void> {
  const sizes = [100, 1000, REST]
  const costs: Issued[] = []
  for (const count of sizes.slice(0, -1)) {
    const { ours } = await inTurn({ prefix: 'cold', algorithm: 'ECDSA', way: 'instant' }, count, 1, [])
    costs.push(...ours)
  }
  const last = await atRest(REST)
  costs.push(last.cost)
  costs.forEach((cost, at) =>
    table(`${sizes[at] ?? 0} orders, ECDSA, instant`, { ours: [cost], floors: [], theirs: [] }),
  )
  tellRest(REST, last.rest)
  const picture = process.env['PICTURE']
  if (picture !== undefined) writeFileSync(picture, drawGrowth(sizes, costs))
}

const strictKeys = Math.ceil(COUNT / setting('PER_KEY', 500))

async function limits(): Promise<void> {
  const options = { accounts: strictKeys, requestsPerSecond: STRICT, limited: true }
  const cost = await onFresh(options, (stand) => underLimits(stand, COUNT))
  say(`\n## ${COUNT} orders with ${strictKeys} keys, CertCentral's limits on\n\n${JSON.stringify(cost)}`)
}

async function mass(): Promise<void> {
  const options = { accounts: strictKeys, requestsPerSecond: 5.5, limited: false }
  const cost = await onFresh(options, (stand) => massReissue(stand, COUNT))
  say(`\n## ${COUNT} reissues asked for at once with ${strictKeys} keys, limits on\n\n${JSON.stringify(cost)}`)
}

/** Years that are played forward: past the renewal of plans of three years. */
const YEARS = 3.2

/** No servers: the decisions alone, with certificates as long as they may be now, from 2027 and from 2029 on. */
const year = (): Promise<void> => {
  for (const lifetimeDays of [199, 100, 47]) {
    const fleet = fleetOf({ orders: REST, years: YEARS, lifetimeDays })
    say(`\n## ${REST} orders that were bought on three days, played forward\n\n${JSON.stringify(fleet)}`)
  }
  return Promise.resolve()
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  issue: () => issuing('instant', RUNS, ['floor', 'cert-manager']),
  ours: () => issuing('instant', RUNS, ['floor']),
  waited: async () => {
    for (const way of ['approved', 'waited'] as const) await issuing(way, 1, [])
  },
  // Both wait for the budget of a key for most of the time, and nothing of them is a measure of speed.
  limits: async () => {
    await Promise.all([limits(), mass()])
  },
  mass,
  rest: async () => tellRest(REST, (await atRest(REST)).rest),
  growth,
  year,
  failover: async () => {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const end = await onFresh(freely(keysFor(COUNT)), (stand) => failover(stand, COUNT, signal))
      say(`\n${signal} of the leader: ${JSON.stringify(end)}`)
    }
  },
}

const ALL = 'issue,waited,limits,growth,failover,year'

/** Not a measure, and so only where it is asked for. */
const takeProfile = async (): Promise<void> => {
  const directory = resolve(process.env['PROFILES'] ?? 'profiles')
  const files = await onFresh(freely(keysFor(COUNT)), (stand) => profile(stand, COUNT, directory))
  say(`CPU profile and heap snapshot of ${COUNT} orders: ${files.join(', ')}`)
}

await takeImage()
for (const part of (process.env['B'] ?? ALL).split(',')) {
  const run = part === 'profile' ? takeProfile : PARTS[part]
  if (!run) throw new Error(`B=${part} is none of ${Object.keys(PARTS).join(', ')}, profile`)
  await run()
}
