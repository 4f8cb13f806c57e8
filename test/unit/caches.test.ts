import { expect, test } from '@jest/globals'
import { sharingRoots } from '../../src/caches.ts'
import type { Secret } from '../../src/controller/secrets.ts'

const secret = (name: string, data?: Record<string, string>): Secret => ({
  metadata: { name, namespace: 'shop' },
  ...(data ? { data } : {}),
})

test('the chain beside a key is not held, and the key is', () => {
  const type = 'digicert-operator.io/private-key'
  const kept = { ...secret('shop-key-1', { 'tls.key': 'k', 'next.key': 'n', 'chain-34.pem': 'c' }), type }
  expect(sharingRoots()(kept).data).toEqual({ 'tls.key': 'k', 'next.key': 'n' })
  const other = secret('shop-tls', { 'chain-34.pem': 'c' })
  expect(sharingRoots()(other)).toEqual(other)
})

test('the root that Secrets share is held once, and each says what it said', () => {
  const share = sharingRoots()
  const copies = ['a', 'b'].map((name) =>
    secret(name, { 'tls.crt': name, 'ca.crt': Buffer.alloc(900, 'r').toString() }),
  )
  expect(copies.map(share)).toEqual(copies)
  expect(share(secret('c', { 'ca.crt': 'another' })).data).toEqual({ 'ca.crt': 'another' })
  expect([secret('d'), secret('e', { 'tls.key': 'k' })].map(share)).toEqual([
    secret('d'),
    secret('e', { 'tls.key': 'k' }),
  ])
})
