/** Prints one line of the story, with the seconds since the demo began. */
export type Say = (line: string) => void

/** A narrator whose time begins now. `clock` gives milliseconds. */
export function narrator(clock: () => number, write: (line: string) => void): Say {
  const began = clock()
  return (line) => write(`${((clock() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`)
}

/** A heading between two parts of the story. */
export const heading = (text: string): string => `\n── ${text} ${'─'.repeat(Math.max(3, 100 - text.length))}`

/** Rows as columns of equal width. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}
