/** What is known of a checkout that shall be released. */
export type Candidate = {
  /** Of package.json. */
  readonly version: string
  readonly lockedVersion: string
  readonly changelog: string
  /** What `git status --porcelain` prints. */
  readonly changes: string
}

const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/

/** Why a checkout cannot be released, one sentence each; empty when it can. */
export const objections = ({ version, lockedVersion, changelog, changes }: Candidate): string[] => {
  const heading = changelog.split('\n').find((line) => line.startsWith(`## ${version}`))
  const date = heading?.slice(`## ${version}`.length).trim() ?? ''
  return [
    ...(SEMVER.test(version) ? [] : [`package.json: ${version} is no version of Semantic Versioning`]),
    ...(lockedVersion === version
      ? []
      : [`package-lock.json says ${lockedVersion}: run npm install --package-lock-only`]),
    ...(/^\(\d{4}-\d\d-\d\d\)$/.test(date)
      ? []
      : [`CHANGELOG.md has no heading "## ${version} (YYYY-MM-DD)" with the day of the release`]),
    ...(changes.trim() === '' ? [] : [`what is not committed would not be part of it:\n${changes.trimEnd()}`]),
  ]
}
