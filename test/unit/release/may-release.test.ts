import { expect, test } from '@jest/globals'
import { type Candidate, objections } from '../../../scripts/release/may-release.ts'

const GOOD: Candidate = {
  version: '1.2.3',
  lockedVersion: '1.2.3',
  changelog: '# Changelog\n\n## 1.2.3 (2027-01-31)\n\n## 1.2.2 (2026-12-01)\n',
  changes: '',
}

test('a committed checkout whose changelog names version and day may be released', () => {
  expect(objections(GOOD)).toEqual([])
})

test.each<[string, Partial<Candidate>, RegExp]>([
  ['a file that is not committed', { changes: ' M src/main.ts\n' }, /not committed.*\n M src\/main\.ts$/],
  ['a version that the changelog lacks', { changelog: '## 1.2.2 (2026-12-01)\n' }, /"## 1\.2\.3 \(YYYY-MM-DD\)"/],
  ['a version that only begins like one of the changelog', { changelog: '## 1.2.30 (2026-12-01)\n' }, /CHANGELOG/],
  ['a changelog without the day', { changelog: '## 1.2.3 (unreleased)\n' }, /the day of the release/],
  ['a lock file of another version', { lockedVersion: '1.2.2' }, /package-lock\.json says 1\.2\.2/],
])('%s is an objection', (_what, change, sentence) => {
  expect(objections({ ...GOOD, ...change })).toEqual([expect.stringMatching(sentence)])
})

test.each(['1.2', '01.2.3', 'v1.2.3', '1.2.3+build'])('%s is no version', (version) => {
  const changelog = `## ${version} (2027-01-31)\n`
  expect(objections({ ...GOOD, version, lockedVersion: version, changelog })).toEqual([
    expect.stringMatching(/no version/),
  ])
})

test('1.2.3-rc.1 is one', () => {
  const version = '1.2.3-rc.1'
  expect(objections({ ...GOOD, version, lockedVersion: version, changelog: `## ${version} (2027-01-31)\n` })).toEqual(
    [],
  )
})
