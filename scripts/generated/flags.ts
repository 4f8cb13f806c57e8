import type { Command, Option } from 'commander'
import { code, table } from './markdown.ts'

const defaultOf = ({ defaultValue, defaultValueDescription }: Option): string => {
  if (defaultValueDescription !== undefined) return defaultValueDescription
  if (Array.isArray(defaultValue)) return defaultValue.map((item) => code(String(item))).join(', ')
  return defaultValue === undefined ? '' : code(String(defaultValue))
}

const meaningOf = ({ description, argChoices }: Option): string =>
  argChoices ? `${description}: ${argChoices.map(code).join(', ')}` : description

/** A table of the flags of a command, as `--help` would print them. */
export const flagTable = ({ options }: Command): string =>
  options.some(({ envVar }) => envVar !== undefined)
    ? table(
        ['Flag', 'Environment', 'Default', 'Meaning'],
        options.map((option) => [code(option.flags), code(option.envVar ?? ''), defaultOf(option), meaningOf(option)]),
      )
    : table(
        ['Flag', 'Default', 'Meaning'],
        options.map((option) => [code(option.flags), defaultOf(option), meaningOf(option)]),
      )
