/** Words of PromQL that are no names of metrics. */
const WORDS = new Set([
  ...['and', 'or', 'unless', 'on', 'ignoring', 'by', 'without', 'group_left', 'group_right', 'offset', 'bool'],
  ...['inf', 'nan'],
])

/**
 * The metrics that an expression names. Enough of PromQL for rules and dashboards: selectors, grouping and ranges are cut
 * out, and what is called is a function.
 */
export function namesIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
  const words = [...bare.matchAll(/(?<![\w.$])([a-zA-Z_:][\w:]*)(?!\w)(\s*\()?/g)]
  return [
    ...new Set(
      words.flatMap(([, word = '', call]) => (call === undefined && !WORDS.has(word.toLowerCase()) ? [word] : [])),
    ),
  ]
}
