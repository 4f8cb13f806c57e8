/**
 * `make bench`: what a certificate costs, on real servers, beside the floor of the same run. It prints figures and ratios,
 * and fails only where something was bought twice or a Secret is not good.
 *
 * B=issue,waited,limits,mass,rest,growth,failover   only these, in this order; all of them where it is left out
 * B=profile                                        a CPU profile and a heap snapshot, into PROFILES=profiles/
 * N=1000 orders of a run, RUNS=3 of each, REST=10000 orders at rest, IDLE=300 seconds of rest
 */
import { resolve } from 'node:path'
import { underLimits, massReissue } from './bench/budget.ts'
import { failover } from './bench/failover.ts'
import { floor } from './bench/floor.ts'
import { type Cost, type Kind, issue } from './bench/issue.ts'
import { spread } from './bench/measure.ts'
import { profile } from './bench/profile.ts'
import { fill, rest } from './bench/rest.ts'
import { type Stand, startStand } from './bench/stand.ts'

const setting = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const [COUNT, RUNS] = [setting('N', 1000), setting('RUNS', 3)]
const [REST, IDLE] = [setting('REST', 10_000), setting('IDLE', 300)]
// The program that the image runs, and not the sources.
process.env['TEST_DIST'] = '1'

/** A key has 90 calls at once, and an order needs two. */
const keysFor = (count: number): number => Math.ceil(count / 20)

async function onFresh<T>(accounts: number, work: (stand: Stand) => Promise<T>, limited = false): Promise<T> {
  const stand = await startStand({ accounts, limited })
  try {
    return await work(stand)
  } finally {
    await stand.close()
  }
}

const say = (line: string): void => console.log(line)
const told = (of: (cost: Cost) => number, costs: readonly Cost[], digits = 1): string => {
  const { median, min, max } = spread(costs.map(of))
  return `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`
}

function table(title: string, costs: readonly Cost[], floors: readonly number[]): void {
  const bare = spread(floors)
  const rate = spread(costs.map(({ perSecond }) => perSecond))
  say(`\n## ${title}\n\n| what | median (least to most of ${costs.length}) |\n| --- | --- |`)
  say(`| certificates per second | ${told(({ perSecond }) => perSecond, costs)} |`)
  if (floors.length > 0) {
    say(`| floor per second | ${bare.median.toFixed(1)} (${bare.min.toFixed(1)} to ${bare.max.toFixed(1)}) |`)
    say(`| ratio to the floor | ${(rate.median / bare.median).toFixed(2)} |`)
  }
  say(`| writes per certificate | ${told(({ writes }) => writes, costs, 2)} |`)
  say(`| CertCentral calls per certificate | ${told(({ calls }) => calls, costs, 2)} |`)
  say(`| CPU of the operator, ms | ${told(({ operatorCpuMs }) => operatorCpuMs, costs)} |`)
  say(`| CPU of the API server, ms | ${told(({ apiServerCpuMs }) => apiServerCpuMs, costs)} |`)
  say(`| CPU of etcd, ms | ${told(({ etcdCpuMs }) => etcdCpuMs, costs)} |`)
  say(`| most memory of the operator, MiB | ${told(({ peakMiB }) => peakMiB, costs, 0)} |`)
  say(`| apply to Ready, p50, s | ${told(({ p50Seconds }) => p50Seconds, costs, 2)} |`)
  say(`| apply to Ready, p99, s | ${told(({ p99Seconds }) => p99Seconds, costs, 2)} |`)
  say(`\nrequests per certificate: ${figures(costs[0]!.requests)}`)
  say(`CertCentral calls per certificate: ${figures(costs[0]!.callsByEndpoint)}`)
}

const figures = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count.toFixed(2)}`)
    .join(', ')

async function issuing(way: Kind['way'], count = COUNT, runs = RUNS): Promise<void> {
  for (const algorithm of ['ECDSA', 'RSA'] as const) {
    const costs: Cost[] = []
    const floors: number[] = []
    for (let run = 0; run < runs; run++) {
      const kind: Kind = { prefix: 'cold', algorithm, way }
      costs.push(await onFresh(keysFor(count), (stand) => issue(stand, kind, count)))
      if (way === 'instant') floors.push(await onFresh(1, (stand) => floor(stand, 'floor', algorithm, count)))
    }
    table(`${count} orders, ${algorithm}, ${way}`, costs, floors)
  }
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  issue: () => issuing('instant'),
  waited: () => issuing('waited', COUNT, 1),
  limits: async () => {
    const cost = await onFresh(1, (stand) => underLimits(stand, COUNT), true)
    say(`\n## ${COUNT} orders with one key, CertCentral's limits on\n\n${JSON.stringify(cost)}`)
  },
  mass: async () => {
    const cost = await onFresh(1, (stand) => massReissue(stand, COUNT))
    say(`\n## ${COUNT} reissues asked for at once with one key, limits on\n\n${JSON.stringify(cost)}`)
  },
  rest: async () => {
    const cost = await onFresh(keysFor(REST), async (stand) => {
      await fill(stand, REST)
      return rest(stand, REST, IDLE)
    })
    say(`\n## ${REST} issued orders at rest\n\n${JSON.stringify(cost, undefined, 2)}`)
  },
  growth: async () => {
    for (const count of [100, 1000, 10_000]) await issuing('instant', count, 1)
  },
  failover: async () => {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const { gapSeconds, boughtTwice } = await onFresh(keysFor(COUNT), (stand) => failover(stand, COUNT, signal))
      say(`\n${signal} of the leader: ${gapSeconds.toFixed(1)} s without progress, ${boughtTwice} bought twice`)
    }
  },
}

/** Not a measure, and so only where it is asked for. */
const takeProfile = async (): Promise<void> => {
  const directory = resolve(process.env['PROFILES'] ?? 'profiles')
  const files = await onFresh(keysFor(COUNT), (stand) => profile(stand, COUNT, directory))
  say(`CPU profile and heap snapshot of ${COUNT} orders: ${files.join(', ')}`)
}

for (const part of (process.env['B'] ?? Object.keys(PARTS).join(',')).split(',')) {
  const run = part === 'profile' ? takeProfile : PARTS[part]
  if (!run) throw new Error(`B=${part} is none of ${Object.keys(PARTS).join(', ')}`)
  await run()
}
