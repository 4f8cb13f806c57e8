import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Mount } from './sandbox.ts'

/*
 * What gcr.io/distroless/cc gives to Node, by the names of its Debian packages libc6, libgcc-s1 and libstdc++6. Those of
 * this machine stand in for them.
 */
const LIBRARIES = [
  /^ld-linux-.*\.so\.\d$/,
  /^lib(c|m|dl|pthread|rt|resolv|nss_dns|nss_files|util)\.so\.\d$/,
  /^libgcc_s\.so\.1$/,
  /^libstdc\+\+\.so\.6$/,
]

/** Of ca-certificates and tzdata. */
const DATA = ['/etc/ssl/certs/ca-certificates.crt', '/usr/share/zoneinfo']

/**
 * The files below the assembled ones: the program of Node, its shared libraries, CA certificates, time zones and the
 * names of two users, and nothing else.
 *
 * @param node where the image has its Node
 * @param scratch a directory for the files that are made here
 * @throws Error when Node needs a library that the base does not have
 */
export function baseMounts(node: string, scratch: string): Mount[] {
  const libraries = [...new Set([...linkedTo(process.execPath), ...besideLibc(process.execPath)])]
  const foreign = libraries.filter((file) => !LIBRARIES.some((pattern) => pattern.test(file.split('/').at(-1) ?? '')))
  if (foreign.length > 0) throw new Error(`Node needs ${foreign.join(', ')}, which is not in the base of the image`)
  const files = [...libraries, ...DATA].map((file) => ({ from: file, to: file }))
  return [{ from: process.execPath, to: node }, ...files, ...accountFiles(scratch)]
}

const linkedTo = (program: string): string[] =>
  [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(?:=> |^\t)(\/\S+) \(/gm)].map(
    ([, file = '']) => file,
  )

/* Opened by libc only when a name is looked up. */
function besideLibc(program: string): string[] {
  const directory = dirname(linkedTo(program).find((file) => file.includes('/libc.so')) ?? '')
  const names = readdirSync(directory).filter((name) => /^lib(nss_dns|nss_files|resolv)\.so\.\d$/.test(name))
  return names.map((name) => join(directory, name))
}

function accountFiles(scratch: string): Mount[] {
  mkdirSync(scratch, { recursive: true })
  const made = {
    passwd: 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
    group: 'root:x:0:\nnonroot:x:65532:\n',
    // These two are the kubelet's.
    hosts: '127.0.0.1 localhost\n',
    'resolv.conf': '',
  }
  return Object.entries(made).map(([name, text]) => {
    writeFileSync(join(scratch, name), text)
    return { from: join(scratch, name), to: `/etc/${name}` }
  })
}
