import { type Node, type Pair, type Scalar, type YAMLMap, isMap, parseDocument } from 'yaml'

/** A value that users set, or a group of them; `path` is as in `--set`. */
export type ChartValue = {
  path: string
  /** The comment above it. */
  says: string
  /** What stands in values.yaml. */
  default: unknown
  /** The values of a group; `undefined` for what is set as a whole. */
  members: readonly ChartValue[] | undefined
}

/** Texts of a comment: the hash signs and line breaks are those of the file. */
const plain = (comment: string | null | undefined): string =>
  (comment ?? '')
    // A blank line ends a comment about something else.
    .split(/\n\s*\n/)
    .at(-1)!
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()

/* The first key of a map has its comment at the map. */
const commentsIn = (map: YAMLMap): ReadonlyMap<unknown, string> =>
  new Map(
    (map.items as Pair<Scalar>[]).map(({ key }, index) => [
      key.value,
      plain(key.commentBefore ?? (index === 0 ? map.commentBefore : undefined)),
    ]),
  )

const membersOf = (map: YAMLMap, prefix: string, isWhole: (path: string) => boolean): ChartValue[] => {
  const comments = commentsIn(map)
  return (map.items as Pair<Scalar<string>, Node>[]).map(({ key, value: node }) => {
    const path = `${prefix}${key.value}`
    const isGroup = isMap(node) && node.items.length > 0 && !isWhole(path)
    return {
      path,
      says: comments.get(key.value) ?? '',
      default: node?.toJSON() as unknown,
      members: isGroup ? membersOf(node, `${path}.`, isWhole) : undefined,
    }
  })
}

/**
 * The values of the chart, from values.yaml. A map is a group of values, unless it is empty or said to be set as a whole.
 *
 * @throws Error on YAML that is none
 */
export const chartValues = (yaml: string, isWhole: (path: string) => boolean): ChartValue[] => {
  const document = parseDocument(yaml)
  const [error] = document.errors
  if (error) throw error
  if (!isMap(document.contents)) throw new Error('values.yaml holds no map')
  return membersOf(document.contents, '', isWhole)
}

/** The values that are no groups. */
export const leavesOf = (values: readonly ChartValue[]): ChartValue[] =>
  values.flatMap((value) => (value.members ? leavesOf(value.members) : [value]))
