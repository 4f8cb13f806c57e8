import fc from 'fast-check'
import { playThrough } from './engine.ts'
import { difference } from './foretold.ts'
import { IS_COVERED, LAWS, type Law, broken } from './laws.ts'
import type { Life, Play } from './life.ts'
import { anyPlay, peacefulPlay, quickPlay } from './plays.ts'
import { timeline } from './record.ts'
import { BEGINNING } from './ways.ts'

const YEAR = 365 * 86_400_000

/** How many years of a resource were played. */
export const yearsOf = ({ now, play: { start } }: Life): number =>
  (now - BEGINNING + (start === 'new' ? 0 : start.age)) / YEAR

/** Plays, and fails with a timeline where a law is broken. */
export const obey = async (play: Play, laws: readonly Law[] = LAWS): Promise<Life> => {
  const life = await playThrough(play)
  const sentences = broken(life, laws)
  if (sentences.length > 0) throw new Error(`${sentences.join('\n')}\n${timeline(life.story)}`)
  return life
}

type Counter = (life: Life) => void

/** The laws, over whatever plays; `count` sees each life that obeyed. */
export const lawOf = (plays: fc.Arbitrary<Play>, count: Counter, laws: readonly Law[] = LAWS) =>
  fc.asyncProperty(plays, async (play) => count(await obey(play, laws)))

const foretells = (count: Counter) =>
  fc.asyncProperty(peacefulPlay, async (play) => {
    const life = await playThrough(play)
    const other = difference(life)
    if (other !== undefined) throw new Error(`${other}\n${timeline(life.story)}`)
    count(life)
  })

/** All that must hold: how often each is played in a batch of `make law`, and in `make test`. */
export const PROPERTIES = {
  law: { of: (count: Counter) => lawOf(anyPlay, count), plays: 250, playsInTest: 3700 },
  covered: { of: (count: Counter) => lawOf(quickPlay, count, [IS_COVERED]), plays: 20, playsInTest: 300 },
  foretold: { of: foretells, plays: 27, playsInTest: 400 },
}
