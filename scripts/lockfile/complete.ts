import { type Platform, platformOf } from './platform.ts'

type Entry = Platform & {
  version?: string
  dev?: boolean
  optional?: boolean
  optionalDependencies?: Readonly<Record<string, string>>
}

/** A package-lock.json of version 3, as far as this reads it. */
export type Lockfile = { packages: Record<string, Entry>; [field: string]: unknown }

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/

/** The directories in which Node looks for a package that the one at `path` asks for, nearest first. */
const homesOf = (path: string): string[] => {
  const parts = path.split('/node_modules/')
  const outer = parts.map((_, depth) => parts.slice(0, parts.length - depth).join('/node_modules/'))
  return [...outer.map((home) => (home === '' ? '' : `${home}/`)), ''].map((home) => `${home}node_modules/`)
}

const isLocked = ({ packages }: Lockfile, path: string, name: string): boolean =>
  homesOf(path).some((home) => `${home}${name}` in packages)

const entryOf = (name: string, version: string, asker: Entry): Entry => {
  if (!EXACT.test(version)) throw new Error(`${name}@${version}: only an exact version can be written down unseen`)
  const { cpu, libc, os } = platformOf(name)
  return {
    version,
    ...(cpu ? { cpu } : {}),
    ...(asker.dev ? { dev: true } : {}),
    ...(libc ? { libc } : {}),
    optional: true,
    ...(os ? { os } : {}),
  }
}

/** What `packages` lacks: the optional dependencies that are for other platforms than the one that wrote it. */
const missingFrom = (lockfile: Lockfile): [path: string, entry: Entry][] =>
  Object.entries(lockfile.packages).flatMap(([path, asker]) =>
    Object.entries(asker.optionalDependencies ?? {})
      .filter(([name]) => !isLocked(lockfile, path, name))
      .map(([name, version]): [string, Entry] => [`node_modules/${name}`, entryOf(name, version, asker)]),
  )

/** The lock file with an entry for every optional dependency; the same again where nothing is missing. */
export const complete = (lockfile: Lockfile): Lockfile => {
  const entries = [...Object.entries(lockfile.packages), ...missingFrom(lockfile)]
  const sorted = entries.sort(([a], [b]) => a.localeCompare(b, 'en'))
  return { ...lockfile, packages: Object.fromEntries(sorted) }
}
