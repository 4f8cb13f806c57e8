import { describe, expect, test } from '@jest/globals'
import { CertCentralError, type ErrorKind } from '../../../src/certcentral/errors.ts'
import { mayResend } from '../../../src/certcentral/request-pipeline.ts'

describe('sending again at once', () => {
  const kinds: ErrorKind[] = ['unreachable', 'timeout', 'unavailable', 'unreadable', 'throttled', 'invalid']
  const error = (kind: ErrorKind) => new CertCentralError({ outcome: 'ambiguous', kind, message: 'x' })

  test.each(kinds)('after %s is for no POST and no PUT, and for a GET only without connection', (kind) => {
    expect(mayResend('POST', error(kind))).toBe(false)
    expect(mayResend('PUT', error(kind))).toBe(false)
    expect(mayResend('GET', error(kind))).toBe(kind === 'unreachable')
  })
})
