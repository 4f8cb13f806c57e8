import type { OrderStatus } from '../../src/api/status.ts'
import { wireNames } from '../../src/order/names.ts'
import { orderPayload } from '../../src/order/payload.ts'
import { isoDay } from '../../src/order/schedule.ts'
import { factsOf, idOf, keep } from './cluster.ts'
import type { Life } from './life.ts'
import { keyOf } from './keys.ts'
import { BEGINNING } from './ways.ts'

/**
 * Begins a play with an order that was bought and issued before, by a release that noted less: not what was asked for,
 * not when a certificate was stored, and no number of the purchase in the history.
 */
export const sellBefore = (life: Life, age: number): void => {
  const { spec } = life.order
  life.now = BEGINNING - age
  const { csr } = keyOf(0)
  const entry = life.ledger.sell(spec.product, orderPayload(spec, { csr, alternativeOrderId: idOf(1) }))
  const certificate = entry?.certificates[0]
  if (entry && certificate) {
    life.keys.set(1, { current: { ...keyOf(0), algorithm: spec.privateKey.algorithm }, next: undefined })
    keep(life, certificate, keyOf(0).fingerprint)
    life.story.purchases.push({ at: life.now, entry, number: 1, held: undefined })
    life.story.happenings.push({ at: life.now, what: `order ${entry.orderId} was bought before` })
    const at = new Date(life.now).toISOString()
    const status: OrderStatus = {
      observedGeneration: 1,
      conditions: [],
      order: {
        ...{ id: entry.orderId, status: 'issued', product: spec.product, alternativeOrderId: idOf(1), purchase: 1 },
        ...{ certificateId: certificate.id, requests: [] },
        asked: { dnsNames: wireNames(spec.commonName, spec.dnsNames), certificateHash: life.reading.traits },
        ...(life.play.ways.planHidden > 0
          ? {}
          : { validFrom: isoDay(new Date(entry.planStart)), validUntil: isoDay(new Date(entry.planEnd)) }),
      },
      certificate: factsOf(certificate),
      history: [{ at, what: 'Ordered', orderId: entry.orderId, certificateId: certificate.id }],
      revision: 1,
    }
    life.order = { ...life.order, status }
  }
  life.now = Math.min(BEGINNING, life.ledger.next())
}
