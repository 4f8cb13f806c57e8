import path from 'node:path'
import { build } from 'esbuild'

/** Asked for by a library that does without it; what is installed of it belongs to a tool of the developers. */
const LEFT_OUT = ['supports-color']

const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

/** The program in one file, with its source map. */
export type Bundle = {
  readonly files: readonly { readonly name: string; readonly contents: Uint8Array }[]
  /** Directories of the packages that something was taken from, relative to the checkout. */
  readonly packages: readonly string[]
}

/** Puts the program and what it uses of its dependencies into one file, the same one wherever the checkout is. */
export const bundle = async (root: string, name: string): Promise<Bundle> => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile: `app/${name}`,
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.19',
    external: LEFT_OUT,
    preserveSymlinks: true,
    // The libraries that are CommonJS ask for modules of Node by `require`.
    banner: { js: REQUIRE },
    minifySyntax: true,
    minifyWhitespace: true,
    // The licences of all of them are a file of their own.
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  })
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => packageOf(file))
  return {
    files: outputFiles.map((file) => ({ name: path.basename(file.path), contents: file.contents })),
    packages: [...new Set(used)].filter((directory) => directory !== undefined).sort(),
  }
}

const packageOf = (file: string): string | undefined =>
  /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file.split(path.sep).join('/'))?.[0]
