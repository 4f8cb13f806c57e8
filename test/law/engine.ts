import { DAY } from '../../src/order/schedule.ts'
import { sellBefore } from './bought.ts'
import { type Life, type Play, SHORTEST_GAP, clockOf, createLife, fault, skewAt } from './life.ts'
import { type View, passOver } from './pass.ts'
import { answer, befall } from './people.ts'
import { BEGINNING } from './ways.ts'

/** More passes in a day than any way of CertCentral's gives cause for. */
const MOST_IN_A_DAY = 120

/** A step that was just completed is not due again at once, unless its own certificate came when it was due already. */
const checkRest = (life: Life, { seen, decision, stored }: View): void => {
  const { next } = seen
  if (!stored || decision.verdict !== 'ready' || !next || next.action === 'Look') return
  if (life.play.without.includes('bounds')) return
  const now = clockOf(life)
  const plan = seen.plan.start && seen.plan.end ? (seen.plan.start.getTime() + seen.plan.end.getTime()) / 2 : Infinity
  if (next.at <= now && now.getTime() < plan) fault(life, `L4: ${next.action} is due again at once: ${next.why}`)
}

/** What happens next without the operator. */
const nextEvent = (life: Life): number => {
  const { ledger, pending, restarts, play } = life
  const own = [...pending.map(({ at }) => at), ...restarts, ...play.skews.map(({ from }) => from)]
  const times = [ledger.next(), life.answer?.at ?? Infinity, ...own.map((at) => BEGINNING + at)]
  return Math.min(...times.filter((at) => at > life.now))
}

const LONGEST_GAP = 30 * DAY

/** What only others end, so that no look tells anything new before they do. */
const FOR_OTHERS: readonly string[] = ['AwaitingValidation', 'AwaitingApproval', 'OrderExpired', 'ReissueDue']

/** When the next pass is made. Looks that can tell nothing new are left out, as a play would be made of nothing else. */
const nextPass = (life: Life, view: View | undefined): number => {
  if (!view) return life.now + 1000
  const { seen, decision, acted } = view
  const skew = skewAt(life.play, life.now)
  const until = 'until' in decision ? decision.until.getTime() - skew : life.now
  const { next, failure, stored, settledAt, brake } = seen
  const dates = [next?.at, failure?.retryAt, stored?.notAfter, settledAt, brake.purchase?.until, brake.reissue?.until]
  const known = dates.map((date) => (date?.getTime() ?? 0) - skew).filter((at) => at > life.now)
  const isIdle = !acted && decision.reason === life.lastReason
  life.gap = isIdle ? Math.min(life.gap * 8, LONGEST_GAP) : SHORTEST_GAP
  life.lastReason = decision.reason
  if (!isIdle) life.looksLeft = life.play.dailyLooks
  else life.looksLeft -= 1
  if (decision.verdict === 'ready') return life.looksLeft > 0 ? until : Math.min(...known)
  if (!isIdle) return until
  const isForOthers = life.play.dailyLooks === 0 && FOR_OTHERS.includes(decision.reason)
  return Math.min(isForOthers ? Infinity : Math.max(until, life.now + life.gap), ...known)
}

const isHot = ({ story, now, times }: Life): boolean => {
  times.push(now)
  return story.passes > MOST_IN_A_DAY && now - (times.at(-MOST_IN_A_DAY) ?? 0) < DAY
}

/** The feed tells of what happened, within a minute; without it a look of some hours later does. */
const hearNews = ({ play, memory }: Life): void => {
  if (play.dailyLooks === 0) memory.lookedAt = new Date(0)
}

/** Makes the passes of a play until it ends. */
const run = async (life: Life): Promise<Life> => {
  const end = BEGINNING + life.play.lasts
  let atOneMoment = 0
  while (life.now < end && life.story.faults.length === 0) {
    const news = life.ledger.advance(life.now)
    befall(life)
    // A process that starts at that moment hears of it too: its first question to the feed goes back for days.
    if (news === 'something') hearNews(life)
    const view = await passOver(life)
    life.story.passes += 1
    if (view) {
      life.story.reasons.add(view.decision.reason)
      checkRest(life, view)
      answer(life, view)
    }
    const at = Math.min(Math.max(life.now, nextPass(life, view)), nextEvent(life), end)
    atOneMoment = at === life.now ? atOneMoment + 1 : 0
    if (atOneMoment > 3) fault(life, 'L4: passes follow each other at one moment')
    if (isHot(life)) fault(life, `L4: more than ${MOST_IN_A_DAY} passes in a day`)
    if (life.story.passes >= life.play.mostPasses) break
    life.now = at
  }
  return life
}

/** Plays one resource through its years. */
export const playThrough = async (play: Play): Promise<Life> => {
  const life = createLife(play)
  if (play.start !== 'new') sellBefore(life, play.start.age)
  return run(life)
}
