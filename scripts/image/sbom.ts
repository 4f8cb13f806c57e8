import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'

type Component = { 'bom-ref': string; name: string; version: string }
type Dependency = { ref: string; dependsOn?: string[] }
type Bom = {
  serialNumber: string
  metadata: { timestamp: string; component: Component }
  components: Component[]
  dependencies: Dependency[]
}

/** What a package is called in the list. */
type Named = { readonly name: string; readonly version: string }

/** How to tell which program is described. */
export type Subject = Named & { readonly root: string }

/**
 * The CycloneDX list of the packages that are part of the program, from npm and the lock file. Without a date and with a
 * serial number made from its content, so that the same sources give the same file.
 *
 * @throws Error when the lock file does not know one of them
 */
export const sbomOf = ({ root, name, version }: Subject, packages: readonly Named[]): string => {
  const { metadata, components, dependencies, ...rest } = npmSbom(root)
  const wanted = new Set(packages.map(refOf))
  const parts = components.filter((component) => wanted.has(refOf(component)))
  const unknown = [...wanted].filter((ref) => !parts.some((component) => refOf(component) === ref))
  if (unknown.length > 0) throw new Error(`not in package-lock.json: ${unknown.join(', ')}`)
  const kept = new Set([metadata.component, ...parts].map((component) => component['bom-ref']))
  const content = {
    metadata: { ...metadata, timestamp: undefined, component: { ...metadata.component, name, version } },
    components: parts,
    dependencies: dependencies.filter(({ ref }) => kept.has(ref)).map(within(kept)),
  }
  return `${JSON.stringify({ ...rest, serialNumber: serialOf(content), ...content }, undefined, 2)}\n`
}

const refOf = ({ name, version }: Named): string => `${name}@${version}`

const within =
  (kept: ReadonlySet<string>) =>
  ({ ref, dependsOn = [] }: Dependency): Dependency => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) })

/* All of them: with --omit=dev npm leaves out as well what a tool of the developers shares with the program. */
const npmSbom = (root: string): Bom => {
  const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application']
  return JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })) as Bom
}

/* A UUID of version 8, which is anything that its maker likes. */
const serialOf = (content: object): string => {
  const hex = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
  return `urn:uuid:${groups.join('-')}`
}
