import { describe, expect, test } from '@jest/globals'
import { retryAfter } from '../../../src/certcentral/http.ts'

const MINUTE = 60_000

describe('Retry-After', () => {
  const now = Date.parse('2026-11-23T10:00:00Z')

  test.each<[string | undefined, string | undefined, number | undefined]>([
    [undefined, undefined, undefined],
    ['5', undefined, 5000],
    [' 120 ', undefined, 120_000],
    ['-5', undefined, undefined],
    ['9'.repeat(40), undefined, undefined],
    ['Mon, 23 Nov 2026 10:01:00 GMT', undefined, MINUTE],
    ['Mon, 23 Nov 2026 08:01:00 GMT', 'Mon, 23 Nov 2026 08:00:00 GMT', MINUTE],
    ['Mon, 23 Nov 2026 10:01:00 GMT', 'today', MINUTE],
  ])('of %j under the date %j is %p ms away', (value, date, expected) => {
    const at = retryAfter({ retryAfter: value, date }, now)
    expect(at && at.getTime() - now).toBe(expected)
  })
})
