import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseJson, plainText, timeOrDayStart } from '../../../src/certcentral/schema-helpers.ts'

describe('a date of CertCentral', () => {
  const zone = process.env['TZ']
  afterEach(() => {
    process.env['TZ'] = zone ?? ''
    if (zone === undefined) delete process.env['TZ']
  })

  test.each([
    ['2019-06-21 13:37:00', '2019-06-21T13:37:00.000Z'],
    ['2019-06-21T13:37:00', '2019-06-21T13:37:00.000Z'],
    ['2019-06-21 13:37', '2019-06-21T13:37:00.000Z'],
    ['2019-06-21', '2019-06-21T00:00:00.000Z'],
    ['2019-06-21T13:37:00+02:00', '2019-06-21T11:37:00.000Z'],
    ['2019-06-21T13:37:00Z', '2019-06-21T13:37:00.000Z'],
  ])('such as %s is read as UTC where it names no zone, wherever the process runs', (text, wanted) => {
    process.env['TZ'] = 'Asia/Tokyo'
    expect(timeOrDayStart.parse(text).toISOString()).toBe(wanted)
  })
})

describe('text of a server', () => {
  test('is one bounded line without anything that steers a terminal, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 1, max: 80 }), (text, max) => {
        const clean = plainText(text, max)
        expect(clean.length).toBeLessThanOrEqual(max)
        expect(clean).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u)
      }),
    )
  })

  test.each([
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['a\u001b]8;;http://evil\u0007b', 'ab'],
    ['one\r\n\ttwo', 'one two'],
    ['card 4111-1111-1111-1111.', 'card [redacted].'],
    ['order 144457158 of 2026-11-23', 'order 144457158 of 2026-11-23'],
    ['a -----BEGIN X-----\nsecret', 'a [PEM]'],
    ['Zürich 東京', 'Zürich 東京'],
  ])('%j becomes %j', (text, expected) => {
    expect(plainText(text, 100)).toBe(expected)
  })

  test('is not cut within a character', () => {
    expect(plainText('ab😀cd', 4)).toBe('ab…')
  })

  test('of a megabyte is done at once', () => {
    const begun = performance.now()
    plainText(`${'-----BEGIN '.repeat(50_000)}${'1 '.repeat(200_000)}\u001b]`, 100)
    expect(performance.now() - begun).toBeLessThan(500)
  })
})

describe('JSON that is none', () => {
  test.each(['', '<html>', '{', 'undefined', '{"a":1}x'])('%j is undefined', (text) => {
    expect(parseJson(text)).toBeUndefined()
  })

  test('nested beyond reason does not end the process', () => {
    expect(() => parseJson('['.repeat(1_000_000))).not.toThrow()
    expect(() => parseJson('['.repeat(100_000) + ']'.repeat(100_000))).not.toThrow()
  })
})
