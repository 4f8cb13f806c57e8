import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { imageConfig } from '../../support/image.ts'

const CHECKOUT = path.resolve(import.meta.dirname, '../../..')
const read = (file: string): string => readFileSync(path.join(CHECKOUT, file), 'utf8')

const dockerfile = read('Dockerfile')
const [, build = '', last = ''] = dockerfile.split(/^FROM .*$/m)

describe('the Dockerfile', () => {
  test('assembles the image by the script that the tests run', () => {
    expect(build).toContain('node scripts/image/assemble.ts /image\n')
    expect(last).toContain('COPY --from=build /image /\n')
  })

  test('builds and runs with the Node that the tests run with', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
    expect(dockerfile).toContain(`ARG BUILD_IMAGE=node:${devDependencies['node']!}-`)
    expect(last).toContain('COPY --from=build /usr/local/bin/node /usr/local/bin/node\n')
  })

  test('lets both of its bases be given by digest', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
    expect(bases).toEqual(['${BUILD_IMAGE}', '${BASE_IMAGE}'])
  })

  test('runs nothing in the base, which has no shell, and starts Node as a user without a name', () => {
    expect(last).not.toMatch(/^RUN/m)
    expect(imageConfig(dockerfile)).toEqual({
      entrypoint: ['/usr/local/bin/node', '--max-semi-space-size=8', '--expose-gc', '/app/digicert-operator.js'],
      command: ['run'],
      environment: { NODE_ENV: 'production', MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' },
      workingDirectory: '/app',
      uid: 65532,
      gid: 65532,
    })
  })

  test('is sent all that it copies, and no more', () => {
    const copied = [...build.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
    const sent = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, name]) => name)
    expect(sent.filter((name) => name !== 'scripts').sort()).toEqual(copied.sort())
  })
})

test.each([
  ['a user by name', 'USER nonroot', /USER/],
  ['an entry point that needs a shell', 'ENTRYPOINT node', /ENTRYPOINT/],
])('a Dockerfile with %s is not understood', (_what, line, message) => {
  const [instruction = ''] = line.split(' ')
  expect(() => imageConfig(dockerfile.replace(new RegExp(`^${instruction} .*$`, 'm'), line))).toThrow(message)
})
