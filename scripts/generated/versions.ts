import { readFileSync } from 'node:fs'
import path from 'node:path'

const CHART = 'helm/digicert-operator/Chart.yaml'

/** Where the version stands besides package.json, which is its source. */
const PLACES: Readonly<Record<string, readonly RegExp[]>> = {
  'src/version.ts': [/(?<=^export const VERSION = ').*(?='$)/m],
  [CHART]: [/(?<=^version: ).*$/m, /(?<=^appVersion: ).*$/m],
  Dockerfile: [/(?<=org\.opencontainers\.image\.version=").*(?=")/],
}

/**
 * The files that name the version, with that of package.json in them.
 * @throws Error when one of them has no place for it
 */
export const versionedFiles = (root: string): Map<string, string> => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  return new Map(
    Object.entries(PLACES).map(([file, places]) => [file, places.reduce(stamp(file, version), text(root, file))]),
  )
}

/** The one of them that the chart is rendered with. */
export const versionedChart = (root: string): Map<string, string> =>
  new Map([...versionedFiles(root)].filter(([file]) => file === CHART))

const text = (root: string, file: string): string => readFileSync(path.join(root, file), 'utf8')

const stamp =
  (file: string, version: string) =>
  (content: string, place: RegExp): string => {
    if (!place.test(content)) throw new Error(`${file} has no place for the version: ${String(place)}`)
    return content.replace(place, version)
  }
