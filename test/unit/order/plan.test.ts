import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Habits, type Standing, nextStep } from '../../../src/order/plan.ts'
import { NOW, inDays } from '../../support/builders.ts'

const DAY = 24 * 60 * 60_000

const habits = (changes: Partial<Habits> = {}): Habits => ({
  reissueBy: 'Operator',
  renew: 'Renew',
  renewBefore: 30 * DAY,
  seed: 'uid-shop',
  ...changes,
})

const standing = (lifetime: number, plan: number | undefined, begun = 0): Standing => ({
  notBefore: inDays(begun),
  notAfter: inDays(begun + lifetime),
  planEnd: plan === undefined ? undefined : inDays(plan),
})

const daysFrom = (date: Date): number => (date.getTime() - NOW.getTime()) / DAY

/** Plays a plan: what is done, on which day, while the CA issues certificates of at most `cap` days. */
const play = (plan: number, cap: (day: number) => number, wish = habits()): [action: string, day: number][] => {
  const steps: [string, number][] = []
  let at = standing(Math.min(cap(0), plan), plan)
  for (let step = nextStep(at, wish); ; step = nextStep(at, wish)) {
    steps.push([step.action, daysFrom(step.at)])
    if (step.action !== 'Reissue' || steps.length > 60) return steps
    const day = daysFrom(step.at)
    at = standing(Math.min(cap(day), plan - day), plan, day)
  }
}

describe('a plan that is played to its end', () => {
  test.each([
    ['two certificates in a year of 199 days each', 365, 199, 2],
    ['five certificates in a year of 99 days each', 365, 99, 5],
    ['one certificate where it is as long as the plan', 365, 397, 1],
    ['four certificates in two years of 199 days each', 730, 199, 5],
  ])('takes %s', (_sentence, plan, cap, certificates) => {
    for (const seed of ['a', 'b', 'uid-shop', 'zzz']) {
      const steps = play(plan, () => cap, habits({ seed }))
      expect(steps.filter(([action]) => action === 'Reissue')).toHaveLength(certificates - 1)
      expect(steps.at(-1)?.[0]).toBe('Renew')
    }
  })

  test('leaves no day of it without a certificate, and ends with it, whatever the caps are', () => {
    const caps = fc.constantFrom(199, 100, 99, 47)
    fc.assert(
      fc.property(caps, caps, fc.integer({ min: 60, max: 1096 }), fc.string(), (first, then, plan, seed) => {
        let ends = Math.min(first, plan)
        const steps = play(plan, (day) => (day < 150 ? first : then), habits({ seed }))
        for (const [action, day] of steps) {
          expect(day).toBeLessThan(ends)
          if (action === 'Reissue') {
            const end = Math.min(day + (day < 150 ? first : then), plan)
            expect(end).toBeGreaterThan(ends)
            ends = end
          }
        }
        expect(steps.at(-1)?.[0]).toBe('Renew')
      }),
    )
  })
})

describe('the next step', () => {
  test.each([
    [199, 33],
    [397, 33],
    [100, 33],
    [90, 30],
    [47, 47 / 3],
    [6, 2],
  ])(
    'for a certificate of %d days is a reissue %d days before its end, or up to 5%% of that earlier',
    (life, before) => {
      for (const seed of ['a', 'b', 'c', 'd']) {
        const { action, at } = nextStep(standing(life, undefined), habits({ seed }))
        expect(action).toBe('Reissue')
        expect(life - daysFrom(at)).toBeGreaterThanOrEqual(before - 1e-6)
        expect(life - daysFrom(at)).toBeLessThanOrEqual(before * 1.05)
      }
    },
  )

  test.each<readonly [string, Standing, Partial<Habits>, string, number, RegExp]>([
    ['is put off so that it lands on the end of the plan', standing(199, 365), {}, 'Reissue', 166, /ends on/],
    ['is a renewal where the certificate ends with the plan', standing(199, 199), {}, 'Renew', 168, /the plan ends on/],
    [
      'is a renewal where a reissue would come after it',
      standing(199, 210),
      { reissueBefore: 10 * DAY },
      'Renew',
      179,
      /plan/,
    ],
    ['is a look where nothing may be bought', standing(199, 199), { renew: 'Never' }, 'Look', 168, /policy is Never/],
    [
      'uses up the plan where nothing may be bought',
      standing(199, 210),
      { renew: 'Never' },
      'Reissue',
      165,
      /certificate ends/,
    ],
    ['is a look where DigiCert reissues', standing(199, 365), { reissueBy: 'DigiCert' }, 'Look', 169, /DigiCert/],
    ['is a look where nobody reissues', standing(199, 365), { reissueBy: 'Never' }, 'Look', 166, /by is Never/],
    ['is when the spec says', standing(199, 730), { reissueBefore: 10 * DAY }, 'Reissue', 189, /ends/],
    ['is at the share that the spec says', standing(100, 730), { reissueBeforePercentage: 20 }, 'Reissue', 80, /ends/],
    [
      'is no sooner than in the middle of a certificate',
      standing(10, 730),
      { reissueBefore: 90 * DAY },
      'Reissue',
      5,
      /ends/,
    ],
  ])('%s', (_sentence, at, wish, action, day, why) => {
    const step = nextStep(at, habits({ ...wish, seed: '' }))
    expect(step).toMatchObject({ action, why: expect.stringMatching(why) })
    expect(Math.abs(daysFrom(step.at) - day)).toBeLessThan(2)
  })

  test('comes after the beginning and before the end of every certificate', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 1096 }),
        fc.integer({ min: 0, max: 400 }),
        (seed, life, more) => {
          const { at } = nextStep(standing(life, life + more), habits({ seed, renewBefore: DAY / 2 }))
          expect(daysFrom(at)).toBeGreaterThan(0)
          expect(daysFrom(at)).toBeLessThan(life)
        },
      ),
    )
  })
})

describe('no step is due when the one before it was taken', () => {
  const plan = (days: number, more: Partial<Standing> = {}): Standing => ({
    ...standing(days, days),
    arrived: NOW,
    planStart: NOW,
    ...more,
  })

  test.each<readonly [string, Standing, Partial<Habits>, 'Reissue' | 'Renew', number]>([
    ['a plan of 20 days is renewed a third of it before its end', plan(20), {}, 'Renew', 20 - 20 / 3],
    ['a plan of a year 30 days before', plan(365), {}, 'Renew', 335],
    ['renewal.before as long as the plan waits for its middle', plan(365), { renewBefore: 400 * DAY }, 'Renew', 182.5],
    [
      'a released renewal comes when it was wished for',
      plan(365),
      { renewBefore: 300 * DAY, isReleased: true },
      'Renew',
      65,
    ],
    [
      'beforePercentage 99 waits for the middle of the certificate',
      plan(199, { planEnd: inDays(730) }),
      { reissueBeforePercentage: 99 },
      'Reissue',
      99.5,
    ],
    [
      'a leaf that is dated far back has its middle where half of what was left is over',
      plan(40, { notBefore: inDays(-400), planEnd: inDays(730) }),
      {},
      'Reissue',
      40 - 40 / 3,
    ],
    [
      'a certificate that is over by our clock when it comes is asked for again a day later',
      plan(-0.1, { notBefore: inDays(-1), planEnd: inDays(365) }),
      {},
      'Reissue',
      1,
    ],
    [
      'a plan that outlasts its certificate by one day in the words of CertCentral, which end with a millisecond',
      standing(365, 366 + 0.999 / 86_400),
      {},
      'Renew',
      335,
    ],
    [
      'a fixed day inside the plan is not asked for again before it comes',
      plan(60, { notAfter: new Date('2027-01-23T23:59:59Z'), planEnd: inDays(365) }),
      { certificateDate: '2027-01-23' },
      'Reissue',
      59.5,
    ],
  ])('%s', (_sentence, at, wish, action, day) => {
    const step = nextStep(at, habits({ renewBefore: undefined, seed: '', ...wish }))
    expect(step.action).toBe(action)
    expect(Math.abs(daysFrom(step.at) - day)).toBeLessThan(Math.max(1.6, day / 8))
  })

  test('a plan that ends on the very day that the spec names is not renewed, and says so', () => {
    const step = nextStep(plan(365, { planDate: 'reached' }), habits())
    expect(step).toMatchObject({ action: 'Look', why: expect.stringMatching(/expiresOn names no later day/) })
  })

  test('whatever a spec asks for and a CA does', () => {
    const arbitrary = fc.record({
      life: fc.double({ min: 0.01, max: 825, noNaN: true }),
      more: fc.double({ min: 0, max: 1100, noNaN: true }),
      backdated: fc.double({ min: 0, max: 900, noNaN: true }),
      reissueBefore: fc.option(fc.integer({ min: 0, max: 999_999 * DAY }), { nil: undefined }),
      renewBefore: fc.option(fc.integer({ min: 0, max: 999_999 * DAY }), { nil: undefined }),
      seed: fc.string(),
    })
    fc.assert(
      fc.property(arbitrary, ({ life, more, backdated, seed, ...wish }) => {
        const at = plan(life, { notBefore: inDays(-backdated), planEnd: inDays(life + more) })
        const step = nextStep(at, habits({ ...wish, seed }))
        const whole = step.action === 'Renew' ? life + more : life
        expect(daysFrom(step.at)).toBeGreaterThanOrEqual(whole / 2 - 1e-6)
      }),
      { numRuns: 2000 },
    )
  })
})
