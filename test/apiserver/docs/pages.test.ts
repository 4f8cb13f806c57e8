import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { succeed } from '../../support/kubectl.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  type Fence,
  type Step,
  fencesIn,
  fileOf,
  groupOf,
  isValues,
  manifestsOf,
  PAGES,
  pageText,
  READ_ELSEWHERE,
  said,
  stepsOf,
  UNSERVED,
} from './markdown.ts'
import { MEANWHILE } from './people.ts'
import { isPrinted } from './printed.ts'
import { openShell, type Ran } from './shell.ts'
import { type Beginning, openStage, saved, setStage, type Stage } from './stage.ts'

/** Each page of the documentation is read as a newcomer reads it: every command is run, in order. */

const RUN = PAGES.filter(
  (page) => !(page in READ_ELSEWHERE) && stepsOf(fencesIn(page)).some((step) => 'commands' in step),
)

/** How many orders were bought when a page was read; one of docs/adoption.md by cert-manager. */
const BOUGHT: Readonly<Record<string, number>> = {
  'README.md': 1,
  'docs/accounts.md': 1,
  'docs/adoption.md': 1,
  'docs/approval-and-validation.md': 1,
  'docs/first-order.md': 1,
  'docs/install.md': 0,
  'docs/life-of-a-plan.md': 1,
  'docs/troubleshooting.md': 2,
}

const isNotRun = (fence: Fence): boolean => said(fence, 'not run') !== undefined

const beginningOf = (page: string): Beginning => {
  const [, words = 'an account'] = /^<!-- begins with: (.*) -->\n/.exec(pageText(page)) ?? []
  return words as Beginning
}

/** What only looks may be done again until it shows what is waited for; a person does so too. */
const LOOKS = /^\s*(kubectl (get|describe|logs|events|explain|auth|diff)|helm (get|list|status)|openssl|\|)/
const isLook = (commands: string): boolean =>
  commands.split('\n').every((line) => line.trim() === '' || line.startsWith('#') || LOOKS.test(line))

type Reading = { readonly run: (commands: string) => Promise<Ran>; readonly directory: string; readonly stage: Stage }

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

async function readPage(stage: Stage, page: string): Promise<void> {
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
}

describe('what a page says to run does what the page says', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.close())

  test.each(RUN)(
    '%s',
    async (page) => {
      await readPage(stage, page)
      const bought = await stage.certCentral().control.paid()
      if (page in BOUGHT) expect(bought).toHaveLength(BOUGHT[page] ?? 0)
    },
    180_000,
  )

  describe('and its manifest', () => {
    beforeAll(() => setStage(stage, 'an account'))

    const blocks = PAGES.flatMap((page) => manifestsOf(fencesIn(page))).map(
      ([fence, documents]) => [fence.at, documents] as const,
    )
    test.each(blocks)('%s is taken by the API server', async (_at, documents) => {
      for (const manifest of documents.filter((document) => !(groupOf(document) in UNSERVED))) {
        const { metadata } = manifest
        const moved = metadata.namespace === undefined ? metadata : { ...metadata, namespace: 'shop' }
        const input = JSON.stringify({ ...manifest, metadata: moved })
        await succeed(stage.plane.kubectl, ['apply', '--dry-run=server', '--validate=strict', '-f', '-'], input)
      }
    })

    const values = PAGES.flatMap(fencesIn).filter((fence) => fence.language === 'yaml' && isValues(fence))
    test.each(values.map((fence) => [fence.at, fence] as const))('%s is taken by the chart', async (_at, { text }) => {
      const run = openShell(stage.newDirectory(), stage.env)
      const { code, output } = await run(
        `helm template digicert-operator helm/digicert-operator -f - <<'END'\n${text}END\n`,
      )
      expect([code, code === 0 ? '' : output]).toEqual([0, ''])
    })
  })
})
