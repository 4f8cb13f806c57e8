import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { REISSUE_REQUESTED } from '../../../src/api/names.ts'
import { checkSpec } from '../../../src/api/order.ts'
import { GITOPS, objectsOf } from './examples.ts'

const page = readFileSync(join(GITOPS, '..', '..', 'docs', 'gitops.md'), 'utf8')

test('every YAML block of docs/gitops.md is an order that the operator takes, with an annotation that it knows', () => {
  const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, text = '']) => objectsOf(text))
  expect(blocks.map(({ kind }) => kind)).toEqual(['DigiCertOrder'])
  for (const { spec, metadata } of blocks) {
    expect(checkSpec(spec)).toMatchObject({ ok: true })
    expect(metadata).toMatchObject({ annotations: { [REISSUE_REQUESTED]: '2026-11-24' } })
  }
})
