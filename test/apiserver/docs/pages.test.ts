import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { succeed } from '../../support/kubectl.ts'
import { fencesIn, groupOf, isValues, manifestsOf, PAGES, READ_ELSEWHERE, stepsOf, UNSERVED } from './markdown.ts'
import { readPage } from './reading.ts'
import { openShell } from './shell.ts'
import { openStage, setStage, type Stage } from './stage.ts'

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
