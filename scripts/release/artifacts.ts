import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { helmOf } from '../generated/install-manifest.ts'

type Release = { readonly root: string; readonly out: string; readonly version: string }

/** Builds all files of a release into an empty directory. */
export const buildArtifacts = (release: Release): void => {
  mkdirSync(release.out, { recursive: true })
  packageChart(release)
  copyManifests(release)
  packProgram(release)
  describeImage(release)
  writeSums(release)
}

const packageChart = ({ root, out }: Release): void => {
  run(helmOf(root), ['package', 'helm/digicert-operator', '--destination', out], root)
}

const copyManifests = ({ root, out }: Release): void => {
  copyFileSync(path.join(root, 'deploy/install.yaml'), path.join(out, 'install.yaml'))
  const crds = readdirSync(path.join(root, 'crds')).sort()
  const texts = crds.map((name) => readFileSync(path.join(root, 'crds', name), 'utf8'))
  writeFileSync(path.join(out, 'crds.yaml'), texts.join('---\n'))
}

/* npm would give its archive the name that Helm gives the chart. */
const packProgram = ({ root, out, version }: Release): void => {
  run('npm', ['run', '--silent', 'build'], root)
  const directory = mkdtempSync(path.join(out, 'npm-'))
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory], root)
  const [name = ''] = readdirSync(directory)
  renameSync(path.join(directory, name), path.join(out, `digicert-operator-npm-${version}.tgz`))
  rmSync(directory, { recursive: true })
}

const describeImage = ({ root, out, version }: Release): void => {
  const image = mkdtempSync(path.join(tmpdir(), 'digicert-operator-image-'))
  try {
    run(process.execPath, ['scripts/image/assemble.ts', image], root)
    copyFileSync(path.join(image, 'app/sbom.cdx.json'), path.join(out, `digicert-operator-${version}.cdx.json`))
    copyFileSync(path.join(image, 'licenses/THIRD_PARTY_LICENSES'), path.join(out, 'THIRD_PARTY_LICENSES'))
  } finally {
    rmSync(image, { recursive: true, force: true })
  }
}

/* In the form that `sha256sum --check` reads. */
const writeSums = ({ out }: Release): void => {
  const names = readdirSync(out).sort()
  const sum = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(path.join(out, name)))
      .digest('hex')
  writeFileSync(path.join(out, 'SHA256SUMS'), names.map((name) => `${sum(name)}  ${name}\n`).join(''))
}

const run = (program: string, args: readonly string[], cwd: string): void => {
  execFileSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}
