import { join } from 'node:path'
import { waitFor } from '../../support/wait-for.ts'
import { type Fence, type Step, fencesIn, fileOf, pageText, said, stepsOf } from './markdown.ts'
import { MEANWHILE } from './people.ts'
import { isPrinted } from './printed.ts'
import { openShell, type Ran } from './shell.ts'
import { type Beginning, saved, setStage, type Stage } from './stage.ts'

/** Runs commands where those before left off. */
export type Shell = (commands: string) => Promise<Ran>

const isNotRun = (fence: Fence): boolean => said(fence, 'not run') !== undefined

const beginningOf = (page: string): Beginning => {
  const [, words = 'an account'] = /^<!-- begins with: (.*) -->\n/.exec(pageText(page)) ?? []
  return words as Beginning
}

/** What only looks may be done again until it shows what is waited for; a person does so too. */
const LOOKS = /^\s*(kubectl (get|describe|logs|events|explain|auth|diff)|helm (get|list|status)|openssl|\|)/
const isLook = (commands: string): boolean =>
  commands.split('\n').every((line) => line.trim() === '' || line.startsWith('#') || LOOKS.test(line))

type Reading = { readonly run: Shell; readonly directory: string; readonly stage: Stage }

async function readStep({ run }: Reading, { fence, commands, printed }: Step): Promise<void> {
  const isRefused = said(fence, 'refused') !== undefined
  const isAsSaid = ({ code, output }: Ran) =>
    (code !== 0) === isRefused && (printed === undefined || isPrinted(printed, output))
  let last: Ran | undefined
  const attempt = async () => {
    last = await run(commands)
    return isAsSaid(last)
  }
  const limitMs = printed !== undefined && isLook(commands) ? 60_000 : 0
  await waitFor(attempt, { what: `result of ${fence.at}`, limitMs, everyMs: 500 }).catch((cause: unknown) => {
    const told = `${commands}ended with ${last?.code}, and printed:\n${last?.output}`
    throw new Error(`${fence.at}\n${told}${printed === undefined ? '' : `\nThe page says:\n${printed}`}`, { cause })
  })
}

/**
 * Reads a page as a newcomer does: every command is run, in order, and must end and print as the page says. Gives the
 * shell that it was read in.
 * @throws Error with the command, what it printed and what the page says.
 */
export async function readPage(stage: Stage, page: string): Promise<Shell> {
  await setStage(stage, beginningOf(page))
  const directory = stage.newDirectory()
  const reading = { stage, directory, run: openShell(directory, stage.env) }
  for (const step of stepsOf(fencesIn(page))) {
    const fence = 'fence' in step ? step.fence : step
    const anew = said(fence, 'begins with')
    if (anew !== undefined) await setStage(stage, anew as Beginning)
    const favours = fence.comments.flatMap((comment) => /^meanwhile: (.*)$/.exec(comment)?.[1] ?? [])
    for (const favour of favours) {
      const act = MEANWHILE[favour]
      if (act === undefined) throw new Error(`${fence.at}: nobody knows how to ${favour}`)
      const { control, url } = stage.certCentral()
      await act({ cluster: stage.cluster, control, url })
    }
    if (isNotRun(fence)) continue
    if ('commands' in step) await readStep(reading, step)
    else saved(directory, fileOf(step) ?? join('unnamed.yaml'), step.text)
  }
  return reading.run
}
