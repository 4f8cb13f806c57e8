import fc from 'fast-check'
import { playThrough } from './engine.ts'
import { LAWS, type Law, broken } from './laws.ts'
import type { Life, Play } from './life.ts'
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

/** The law, over whatever plays; `told` hears of each one that obeyed. */
export const lawOf = (plays: fc.Arbitrary<Play>, told: (life: Life) => void, laws: readonly Law[] = LAWS) =>
  fc.asyncProperty(plays, async (play) => told(await obey(play, laws)))
