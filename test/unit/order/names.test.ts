import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { admits, provenName, wireName, wireNames } from '../../../src/order/names.ts'

describe('the form of a name on the wire', () => {
  test.each([
    ['shop.example.com', 'shop.example.com'],
    ['Shop.EXAMPLE.com', 'shop.example.com'],
    ['shop.example.com.', 'shop.example.com'],
    ['*.Example.com', '*.example.com'],
    ['*.bücher.example', '*.xn--bcher-kva.example'],
    ['Straße.example', 'xn--strae-oqa.example'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['not a name', 'not a name'],
    ['a.example.com:8080', 'a.example.com:8080'],
    ['', ''],
  ])('of %j is %j', (name, wanted) => {
    expect(wireName(name)).toBe(wanted)
  })

  test('is its own form, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.string()), (text) => {
        const once = wireName(text)
        expect(typeof once).toBe('string')
      }),
    )
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect(wireName(wireName(name))).toBe(wireName(name))
      }),
    )
  })
})

test('names come with the common name first and each once', () => {
  expect(wireNames('B.example.com', ['a.example.com', 'b.example.com', 'A.example.com.'])).toEqual([
    'b.example.com',
    'a.example.com',
  ])
  expect(wireNames('a.example.com')).toEqual(['a.example.com'])
})

test('control of a wildcard is proven for the domain below it', () => {
  expect([provenName('*.example.com'), provenName('www.example.com')]).toEqual(['example.com', 'www.example.com'])
})

describe('a guard rail', () => {
  test.each([
    ['*.example.com', 'shop.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', '*.example.com', true],
    ['*.example.com', '*.shop.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'badexample.com', false],
    ['*.example.com', 'example.com.evil.example', false],
    ['example.com', 'example.com', true],
    ['example.com', 'EXAMPLE.com.', true],
    ['example.com', '*.example.com', false],
    ['example.com', 'shop.example.com', false],
    ['*.MÜNCHEN.example', 'a.xn--mnchen-3ya.example', true],
  ])('%s for %s: %s', (pattern, name, wanted) => {
    expect(admits(pattern, name)).toBe(wanted)
  })
})
