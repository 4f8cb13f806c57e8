/**
 * Makes everything that is generated once more and compares it with what is checked in. Ends with 1 and the names of the
 * files that are not what their sources make.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { GENERATED_ONLY, generatedFiles } from './generated/files.ts'

const root = path.resolve(import.meta.dirname, '..')

const textOf = (file: string): string | undefined => {
  const target = path.join(root, file)
  return existsSync(target) ? readFileSync(target, 'utf8') : undefined
}

const filesIn = (directory: string): string[] =>
  existsSync(path.join(root, directory))
    ? readdirSync(path.join(root, directory)).map((name) => `${directory}/${name}`)
    : []

const made = generatedFiles(root)
const stale = [...made].filter(([file, text]) => textOf(file) !== text).map(([file]) => file)
const strange = GENERATED_ONLY.flatMap(filesIn).filter((file) => !made.has(file))

for (const file of stale) console.error(`${file} is not what its source makes: run npm run generate`)
for (const file of strange) console.error(`${file} has no source: remove it`)
if (stale.length + strange.length > 0) process.exitCode = 1
