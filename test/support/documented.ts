import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const CHECKOUT = join(import.meta.dirname, '..', '..')

/**
 * The commands in the blocks of shell below a heading of a page, word by word.
 * @throws Error when there are none
 */
export function documentedCommands(page: string, heading: string): string[][] {
  const text = readFileSync(join(CHECKOUT, page), 'utf8')
  const [, section = ''] = text.split(new RegExp(`^#+ ${heading}$`, 'm'))
  const [own = ''] = section.split(/^#{1,6} /m)
  const commands = [...own.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').trim().split('\n'),
  )
  if (commands.length === 0) throw new Error(`${page} has no commands below ${heading}`)
  return commands.map((command) => command.split(/\s+/))
}
