import { test } from '@jest/globals'
import { earlierVersionLacks } from './earlier-version.ts'

const lack = earlierVersionLacks()
if (lack !== undefined) process.stderr.write(`upgrade tests are skipped: ${lack}\n`)

/** A test that needs the earlier version, and is skipped where its commit is not in the clone. */
export const upgradeTest = lack === undefined ? test : test.skip
