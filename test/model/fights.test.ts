import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Secret } from '../../src/controller/secrets.ts'
import { readPair } from '../../src/pki/bundle.ts'
import { readKey } from '../../src/pki/keys.ts'
import { ORDER, type Process, TARGET, type World, createWorld } from './world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const textIn = (secret: Secret, entry: string): string =>
  Buffer.from(secret.data?.[entry] ?? '', 'base64').toString('utf8')

let world: World
let process: Process

const now = (): number => world.clock.now().getTime()
const secret = (): Secret | undefined => world.api.get(TARGET) as Secret | undefined
const conditionOf = (type: string) => world.order().status?.conditions?.find((condition) => condition.type === type)
const reason = () => conditionOf('Issuing')?.reason
const calls = (name: string): number => world.trace.filter((call) => call === name).length

/** One pass at this moment; gives the time of the next. */
const passNow = async (): Promise<Date> => {
  process.sync()
  const next = await process.reconcile()
  process.sync()
  if (typeof next === 'string') return world.clock.now()
  return next instanceof Date ? next : next.at
}

const moveTo = (date: Date): void => {
  if (date > world.clock.now()) world.clock.set(date)
}

/** One pass, after which the clock stands where the next one is due. */
const pass = async (): Promise<void> => moveTo(await passNow())

const label = () => secret()?.metadata.labels?.['team']

const isWhole = (): boolean => {
  const found = secret()
  const key = found && readKey(textIn(found, 'tls.key'))
  return !!found && !!key && readPair(textIn(found, 'tls.crt'), key) !== undefined && label() === 'shop'
}

const edit = (change: (secret: Secret) => Secret) => () => world.api.edit(TARGET, (object) => change(object as Secret))

const drop = () => world.api.drop(TARGET)
const overwrite = edit((found) => ({ ...found, data: { ...found.data, 'tls.crt': base64('a copy of long ago') } }))
const relabel = edit((found) => ({
  ...found,
  metadata: { ...found.metadata, labels: { ...found.metadata.labels, team: 'blog' } },
}))

type Fight = { repairs: number[]; statusWrites: number; downloads: number; ready: Set<string | undefined> }

/** Strikes at once whenever the Secret is whole, for so many minutes; gives when it was repaired, in seconds. */
const fight = async (strike: () => void, minutes: number): Promise<Fight> => {
  const [began, writes, downloads] = [now(), calls('replace digicertorders'), calls('downloadCertificate')]
  const found: Fight = { repairs: [], statusWrites: 0, downloads: 0, ready: new Set() }
  while (now() < began + minutes * MINUTE) {
    if (isWhole()) strike()
    const repairs = calls('apply secrets')
    const next = await passNow()
    if (calls('apply secrets') > repairs) found.repairs.push((now() - began) / SECOND)
    if (isWhole()) continue
    found.ready.add(conditionOf('Ready')?.status)
    moveTo(next)
  }
  return {
    ...found,
    statusWrites: calls('replace digicertorders') - writes,
    downloads: calls('downloadCertificate') - downloads,
  }
}

const settle = async (): Promise<void> => {
  for (let passes = 0; passes < 20 && reason() !== 'Issued'; passes += 1) await pass()
  expect([reason(), isWhole()]).toEqual(['Issued', true])
}

beforeEach(async () => {
  world = createWorld({ course: 'instant', uniqueIds: 'no', key: 'made' })
  world.api.edit(ORDER, (order) => ({
    ...order,
    spec: { ...(order.spec as object), secretTemplate: { labels: { team: 'shop' } } },
  }))
  process = world.start()
  await settle()
})

/** Growing pauses of a fight, in seconds from its beginning. */
const MISSING = [0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181, 211, 241, 271, 301]
const DAMAGED = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111]

describe('a Secret that others fight over', () => {
  test.each([
    ['is deleted', drop, 5, MISSING, 1, ['False']],
    ['has its certificate overwritten', overwrite, 20, DAMAGED, 1, ['False']],
    ['has a label changed', relabel, 20, DAMAGED, 0, ['True']],
  ] as const)(
    'and that %s again and again is repaired with growing pauses, with one download at most, and is Ready as it should be',
    async (_what, strike, minutes, wanted, downloads, ready) => {
      const found = await fight(strike, minutes)

      expect(found.repairs).toEqual(wanted.filter((second) => second < minutes * 60))
      expect(found.downloads).toBe(downloads)
      expect([...found.ready]).toEqual(ready)
      expect(reason()).toBe('SecretModifiedByOthers')
      // Ready is true for a moment after each repair, and false again; what the fight is called is written once.
      expect(found.statusWrites).toBeLessThanOrEqual(ready[0] === 'True' ? 1 : 2 * found.repairs.length + 2)
    },
  )

  test('is repaired at once where it was harmed once, and nothing is said of a fight', async () => {
    overwrite()
    const [began, applied] = [now(), calls('apply secrets')]
    await pass()
    expect([isWhole(), calls('apply secrets') - applied, reason()]).toEqual([true, 1, 'Issued'])
    expect(now()).toBeGreaterThan(began)
  })

  test('is at peace, and repaired at once again, after ten quiet minutes', async () => {
    await fight(relabel, 3)
    expect(reason()).toBe('SecretModifiedByOthers')
    while (!isWhole()) await pass()
    const [quiet, writes] = [now(), calls('replace digicertorders')]

    while (reason() !== 'Issued') await pass()

    expect((now() - quiet) / MINUTE).toBeGreaterThanOrEqual(10)
    expect(calls('replace digicertorders') - writes).toBe(1)
    relabel()
    await pass()
    expect([isWhole(), reason()]).toEqual([true, 'Issued'])
  })

  test('follows an edit of the spec at once all the same', async () => {
    await fight(relabel, 3)
    world.api.edit(ORDER, (order) => ({
      ...order,
      metadata: { ...order.metadata, generation: 2 },
      spec: { ...(order.spec as object), secretTemplate: { labels: { team: 'web' } } },
    }))
    const began = now()

    process.sync()
    await process.reconcile()

    expect([label(), now()]).toEqual(['web', began])
  })

  test('is repaired with one more download after a restart, and its pauses begin again', async () => {
    await fight(drop, 1)
    process.kill()
    process = world.start()
    const found = await fight(drop, 2)
    expect(found.downloads).toBe(1)
    expect(found.repairs.slice(0, 3)).toEqual([0, 1, 3])
  })
})
