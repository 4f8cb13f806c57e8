import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Image } from './image.ts'
import { baseMounts } from './image-base.ts'

/** A file or directory of this machine, and where a container sees it; for reading, unless it is told to be `writable`. */
export type Mount = { readonly from: string; readonly to: string; readonly writable?: boolean }

/** A container to run. */
export type Container = {
  readonly image: Image
  readonly hostname: string
  /** All of the command line. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly uid: number
  readonly gid: number
  readonly mounts: readonly Mount[]
  readonly isRootReadOnly: boolean
  /** A directory for files of this container. */
  readonly scratch: string
}

/**
 * The arguments of bubblewrap for a container: its files are those of the image and of the mounts, it is process 1 of
 * its own, without capabilities and without new privileges; the network is that of this machine. What a container engine
 * does and this does not: a seccomp profile, and limits of memory and processor.
 */
export function sandboxArgs(container: Container): string[] {
  const { image, uid, gid, hostname, environment, mounts, isRootReadOnly } = container
  const [node = ''] = image.config.entrypoint
  const bind = ({ from, to, writable }: Mount) => [writable === true ? '--bind' : '--ro-bind', from, to]
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--uid', String(uid), '--gid', String(gid), '--cap-drop', 'ALL', '--hostname', hostname],
    ...['--as-pid-1', '--die-with-parent', '--new-session'],
    ...['--clearenv', ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value])],
    ...[...baseMounts(node, container.scratch), ...imageMounts(image)].flatMap(bind),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...mounts.flatMap(bind),
    ...(isRootReadOnly ? ['--remount-ro', '/'] : []),
    ...['--chdir', image.config.workingDirectory, ...container.command],
  ]
}

const imageMounts = ({ root }: Image): Mount[] =>
  readdirSync(root).map((name) => ({ from: join(root, name), to: `/${name}` }))

/** The process that bubblewrap runs, by the id that it has outside; undefined before it is there. */
export function innerPid(bubblewrap: number): number | undefined {
  const children = readFileSync(`/proc/${bubblewrap}/task/${bubblewrap}/children`, 'utf8').trim()
  return children === '' ? undefined : Number(children.split(' ')[0])
}
