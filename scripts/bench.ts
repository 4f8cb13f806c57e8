/**
 * `make bench`: what a certificate costs, on real servers, beside the floor of the same run. It prints figures and ratios,
 * and fails only where something was bought twice or a Secret is not good. N=1000 orders, RUNS=3 of each.
 */
import { type Cost, type Kind, issue } from './bench/issue.ts'
import { floor } from './bench/floor.ts'
import { spread } from './bench/measure.ts'
import { type Stand, startStand } from './bench/stand.ts'

const COUNT = Number(process.env['N'] ?? 1000)
const RUNS = Number(process.env['RUNS'] ?? 3)
process.env['TEST_DIST'] = '1'

const UNLIMITED = { accounts: Math.ceil(COUNT / 20), limited: false }

async function onFresh<T>(work: (stand: Stand) => Promise<T>): Promise<T> {
  const stand = await startStand(UNLIMITED)
  try {
    return await work(stand)
  } finally {
    await stand.close()
  }
}

for (const algorithm of ['ECDSA', 'RSA'] as const) {
  const costs: Cost[] = []
  const floors: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const kind: Kind = { prefix: 'cold', algorithm, way: 'instant' }
    costs.push(await onFresh((stand) => issue(stand, kind, COUNT)))
    floors.push(await onFresh((stand) => floor(stand, 'floor', algorithm, COUNT)))
    console.log(algorithm, JSON.stringify(costs.at(-1)), floors.at(-1))
  }
  const rate = spread(costs.map(({ perSecond }) => perSecond))
  const bare = spread(floors)
  console.log(
    `${algorithm}: ${rate.median.toFixed(1)} per second, floor ${bare.median.toFixed(1)}, ratio ${(rate.median / bare.median).toFixed(2)}`,
  )
}
