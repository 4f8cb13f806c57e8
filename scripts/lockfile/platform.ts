/** On which machines npm installs a package: the fields of a lock entry. */
export type Platform = { os?: string[]; cpu?: string[]; libc?: string[] }

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']
const LIBC: Readonly<Record<string, string>> = {
  gnu: 'glibc',
  glibc: 'glibc',
  gnueabihf: 'glibc',
  musl: 'musl',
  musleabihf: 'musl',
}
/** Words that say nothing about where a package is installed. */
const SILENT = ['msvc', 'eabi', 'wasi']

/**
 * The platform that a package of native code says in its name: `…-linux-arm64-musl`, `…-win32-x64-msvc`,
 * `…-wasm32-wasi`.
 *
 * @throws where the name does not end in words of a platform: guessing would install it on the wrong machines
 */
export const platformOf = (name: string): Platform => {
  const words = name.split('/').at(-1)!.split('-')
  const start = words.findIndex((word) => OS.includes(word) || word === 'wasm32')
  const said = start < 0 ? [] : words.slice(start)
  const known = said.every((word) => [...OS, ...CPU, ...SILENT].includes(word) || word in LIBC)
  if (said.length === 0 || !known) throw new Error(`${name}: its name tells no platform`)
  const os = said.filter((word) => OS.includes(word))
  const cpu = said.filter((word) => CPU.includes(word))
  const libc = said.flatMap((word) => LIBC[word] ?? [])
  return {
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    ...(os.length > 0 ? { os } : {}),
  }
}
