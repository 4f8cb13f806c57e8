import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../../../src/kube/client.ts'
import { managersSince, withoutBookkeeping } from '../../../src/kube/managed-fields.ts'

const FIELDS = [
  ['data', 'tls.crt'],
  ['metadata', 'labels', 'team'],
]

const at = (second: number): string => `2026-11-24T12:00:0${String(second)}Z`

const entry = (manager: string, second: number, fieldsV1: object = {}) => ({ manager, time: at(second), fieldsV1 })
const CRT = { 'f:data': { 'f:tls.crt': {} } }
const LABEL = { 'f:metadata': { 'f:labels': { 'f:team': {} } } }
const OTHER = { 'f:data': { '.': {}, 'f:dh.pem': {} }, 'f:metadata': { 'f:labels': { 'f:tier': {} } } }

const ours = entry('us', 5, { 'f:data': { 'f:tls.key': {} } })
const object = (...managedFields: unknown[]) => ({ metadata: { name: 'shop-tls', managedFields } })

describe('who changed an object since we last did', () => {
  test.each<readonly [string, object, readonly string[]]>([
    ['is the manager of a field of ours', object(ours, entry('external-secrets', 7, CRT)), ['external-secrets']],
    ['is the manager of a label of ours', object(ours, entry('kubectl-label', 7, LABEL)), ['kubectl-label']],
    ['is several, the newest first', object(entry('a', 6, CRT), ours, entry('b', 8, LABEL)), ['b', 'a']],
    ['is each once', object(ours, entry('a', 6, CRT), entry('a', 8, LABEL)), ['a']],
    ['counts what happened in the same second', object(ours, entry('a', 5, CRT)), ['a']],
    ['is not who shared a field before', object(ours, entry('reflector', 4, CRT)), []],
    ['is not who owns another field', object(ours, entry('a', 7, CRT), entry('b', 8, OTHER)), ['a']],
    ['is who changed anything, where a field was removed', object(ours, entry('b', 8, OTHER)), ['b']],
    ['is anyone, where we own nothing any more', object(entry('a', 1, CRT)), ['a']],
    ['is never ourselves', object(ours, entry('us', 9, CRT)), []],
    ['is nobody, where nothing is noted', { metadata: { name: 'shop-tls' } }, []],
    ['is nobody, where what is noted is no list', { metadata: { name: 'shop-tls', managedFields: 'x' } }, []],
    ['survives entries without fields', object(ours, { manager: 'a', time: at(9) }, { time: at(9) }), ['a']],
  ])('%s', (_what, seen, wanted) => {
    expect(managersSince(seen as never, 'us', FIELDS)).toEqual(wanted)
  })
})

describe('an object without its bookkeeping', () => {
  const NOTED = { 'kubectl.kubernetes.io/last-applied-configuration': '{"kind":"Thing"}' }
  const thing = (annotations?: Record<string, string>): KubeObject & { value: string } => ({
    metadata: { name: 'a', ...(annotations ? { annotations } : {}) },
    value: 'kept',
  })

  test.each<readonly [string, KubeObject, KubeObject]>([
    ['lacks what kubectl noted', thing({ ...NOTED, team: 'web' }), thing({ team: 'web' })],
    ['keeps other annotations', thing({ team: 'web' }), thing({ team: 'web' })],
    ['is itself where it has none', thing(), thing()],
  ])('%s', (_sentence, before, after) => {
    const managed = { ...before, metadata: { ...before.metadata, managedFields: [{ manager: 'kubectl' }] } }
    expect(withoutBookkeeping(managed)).toEqual(after)
  })
})
