/** Text outside of code that Markdown would read as emphasis or HTML. */
const escaped = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((piece) => (piece.startsWith('`') ? piece : piece.replaceAll(/(?<!\*)\*(?!\*)|</g, '\\$&')))
    .join('')

/** Text for a cell of a table: pipes and line breaks would end it. */
const cell = (text: string): string => escaped(text).replaceAll('|', '\\|').replaceAll('\n', ' ')

/** A Markdown table. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

/** Text as code, or nothing for nothing. */
export const code = (text: string): string => (text === '' ? '' : `\`${text}\``)
