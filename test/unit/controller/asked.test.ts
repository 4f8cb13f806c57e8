import { describe, expect, test } from '@jest/globals'
import { orderStatus } from '../../../src/api/status.ts'
import { askedOf } from '../../../src/controller/asked.ts'
import { anOrder } from '../../support/builders.ts'

const annotated = (annotations: Record<string, string>) => {
  const order = anOrder()
  return { ...order, metadata: { ...order.metadata, annotations } }
}

describe('what people ask for by annotation', () => {
  test('is told by what it is for, in their own words', () => {
    const order = annotated({
      'digicert-operator.io/reissue-requested-at': 'today',
      'digicert-operator.io/check-requested-at': '2026-11-24T12:00:00Z',
      'reconcile.fluxcd.io/requestedAt': 'now',
    })
    expect(askedOf(order)).toEqual({ reissue: 'today', check: '2026-11-24T12:00:00Z', reconcile: 'now' })
    expect(askedOf(anOrder())).toEqual({})
  })

  test('is no longer than what a status can note, so that it counts as handled once', () => {
    const order = annotated({ 'digicert-operator.io/reissue-requested-at': '😀'.repeat(5000) })
    const { reissue = '' } = askedOf(order)
    expect(reissue).toBe('😀'.repeat(4096))
    expect(orderStatus.safeParse({ lastHandledReissueRequestedAt: 'a'.repeat(4096) }).success).toBe(true)
    expect(orderStatus.safeParse({ lastHandledReissueRequestedAt: 'a'.repeat(4097) }).success).toBe(false)
  })
})
