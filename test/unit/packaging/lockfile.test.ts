import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { type Lockfile, complete } from '../../../scripts/lockfile/complete.ts'
import { platformOf } from '../../../scripts/lockfile/platform.ts'

const CHECKOUT = `${import.meta.dirname}/../../..`
const text = readFileSync(`${CHECKOUT}/package-lock.json`, 'utf8')

describe('the platform that a name says', () => {
  test.each([
    ['@a/core-darwin-arm64', { cpu: ['arm64'], os: ['darwin'] }],
    ['@a/core-win32-x64-msvc', { cpu: ['x64'], os: ['win32'] }],
    ['@a/core-linux-x64-musl', { cpu: ['x64'], libc: ['musl'], os: ['linux'] }],
    ['@a/core-linux-arm-gnueabihf', { cpu: ['arm'], libc: ['glibc'], os: ['linux'] }],
    ['@a/resolver-binding-android-arm-eabi', { cpu: ['arm'], os: ['android'] }],
    ['@a/resolver-binding-freebsd-x64', { cpu: ['x64'], os: ['freebsd'] }],
    ['@a/resolver-binding-wasm32-wasi', { cpu: ['wasm32'] }],
    ['plain-linux-s390x-gnu', { cpu: ['s390x'], libc: ['glibc'], os: ['linux'] }],
  ])('of %s is read from its last words', (name, platform) => {
    expect(platformOf(name)).toEqual(platform)
  })

  test.each(['fsevents', '@a/linux-something', '@a/core-plan9-x64'])('is not guessed for %s', (name) => {
    expect(() => platformOf(name)).toThrow('tells no platform')
  })

  test('is what the lock file says of the packages that npm wrote down itself', () => {
    const { packages } = JSON.parse(text) as Lockfile
    const written = Object.entries(packages).filter(([, entry]) => 'integrity' in entry && entry.optional && entry.os)
    expect(written.length).toBeGreaterThan(10)
    for (const [path, { os, cpu, libc }] of written) {
      const { libc: read, ...rest } = platformOf(path.split('node_modules/').at(-1)!)
      expect({ path, ...rest, libc: read }).toEqual({ path, os, cpu, libc })
    }
  })
})

describe('completing a lock file', () => {
  const lockfile: Lockfile = {
    lockfileVersion: 3,
    packages: {
      '': {},
      'node_modules/z': { version: '1.0.0', dev: true, optionalDependencies: { 'z-darwin-x64': '1.0.0' } },
      'node_modules/z/node_modules/y': { optionalDependencies: { 'y-linux-x64-gnu': '2.0.0', 'y-linux-x64': '2.0.0' } },
      'node_modules/z/node_modules/y-linux-x64': { version: '2.0.0' },
    },
  }

  test('adds what is missing and leaves the rest', () => {
    const { packages } = complete(lockfile)
    expect(packages).toEqual({
      ...lockfile.packages,
      'node_modules/y-linux-x64-gnu': {
        version: '2.0.0',
        cpu: ['x64'],
        libc: ['glibc'],
        optional: true,
        os: ['linux'],
      },
      'node_modules/z-darwin-x64': { version: '1.0.0', cpu: ['x64'], dev: true, optional: true, os: ['darwin'] },
    })
  })

  test('changes nothing the second time', () => {
    const once = complete(lockfile)
    expect(JSON.stringify(complete(once))).toBe(JSON.stringify(once))
  })

  test('refuses a range of versions', () => {
    const range = { packages: { '': { optionalDependencies: { 'a-linux-x64': '^1.0.0' } } } }
    expect(() => complete(range)).toThrow('exact version')
  })
})

describe('the lock file of this checkout', () => {
  test('is complete', () => {
    const lockfile = JSON.parse(text) as Lockfile
    expect(Object.keys(complete(lockfile).packages)).toEqual(Object.keys(lockfile.packages))
  })

  test('names no registry', () => {
    expect(text).not.toContain('"resolved"')
  })
})
