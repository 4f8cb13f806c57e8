/**
 * Adds to package-lock.json the optional packages of platforms whose archives the registry of the machine that wrote it
 * did not have; without them `npm ci` refuses the file. To be run after each
 * `npm install` that changes the file; a second run changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Lockfile, complete } from './lockfile/complete.ts'

const file = path.resolve(import.meta.dirname, '../package-lock.json')
const before = JSON.parse(readFileSync(file, 'utf8')) as Lockfile
const after = complete(before)
const added = Object.keys(after.packages).length - Object.keys(before.packages).length
if (added > 0) writeFileSync(file, `${JSON.stringify(after, undefined, 2)}\n`)
console.log(`package-lock.json: ${String(added)} entries added`)
