import { describe, expect, test } from '@jest/globals'
import { proxySecrets } from '../../../src/telemetry/proxy-secrets.ts'

const basic = (credentials: string): string => Buffer.from(credentials).toString('base64')

describe('what must not be told of a proxy', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    ['a password', { HTTPS_PROXY: 'http://me:p%40ss@proxy' }, ['p%40ss', 'p@ss', basic('me:p@ss')]],
    ['one without a scheme', { all_proxy: 'me:pass@proxy:3128' }, ['pass', 'pass', basic('me:pass')]],
    ['one with a stray %', { HTTPS_PROXY: 'http://me:50%@proxy' }, ['50%', '50%', basic('me:50%')]],
    ['nothing without a password', { HTTPS_PROXY: 'http://proxy:3128', ALL_PROXY: 'http://me@proxy' }, []],
    ['nothing of what is no URL', { HTTPS_PROXY: 'http://me:pass@' }, []],
    ['nothing where there is none', {}, []],
  ])('is %s', (_what, env, wanted) => {
    expect(proxySecrets(env)).toEqual(wanted)
  })
})
