import { describe, expect, test } from '@jest/globals'
import { ANNOTATIONS, KEY_SECRET_TYPE, MANAGED_LABEL } from '../../../src/api/names.ts'
import { type KeyOwnership, isTarget, ownershipOfKey } from '../../../src/controller/ownership.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { anOrder } from '../../support/builders.ts'

const order = anOrder()
const owner = { order, clusterId: 'here' }

type Marks = { type?: string; name?: string; cluster?: string; uid?: string; label?: string }

const aSecret = ({ type = KEY_SECRET_TYPE, name, cluster, uid, label }: Marks): Secret => ({
  type,
  metadata: {
    name: 'shop-key-1',
    namespace: 'shop',
    labels: label === undefined ? {} : { [MANAGED_LABEL]: label },
    annotations: {
      ...(name === undefined ? {} : { [ANNOTATIONS.owner]: name }),
      ...(cluster === undefined ? {} : { [ANNOTATIONS.clusterId]: cluster }),
    },
    ...(uid === undefined
      ? {}
      : {
          ownerReferences: [{ apiVersion: 'digicert-operator.io/v1alpha1', kind: 'DigiCertOrder', name: 'shop', uid }],
        }),
  },
})

describe('a Secret with the name of a key Secret', () => {
  test.each<readonly [KeyOwnership, string, Marks]>([
    ['own', 'by the UID of its owner', { name: 'shop', uid: 'uid-shop', cluster: 'here' }],
    ['own', 'by the UID alone, written under another cluster id', { name: 'shop', uid: 'uid-shop', cluster: 'there' }],
    ['own', 'by the UID alone, from a version that wrote no cluster id', { name: 'shop', uid: 'uid-shop' }],
    ['own', 'by the UID alone, though its annotations were taken away', { uid: 'uid-shop' }],
    ['foreign', 'as its annotations were taken away, and another one owns it', { uid: 'uid-blog' }],
    ['left', 'by a DigiCertOrder of its name that was deleted', { name: 'shop', uid: 'uid-before', cluster: 'here' }],
    ['left', 'by one of a version that wrote no cluster id', { name: 'shop', uid: 'uid-before' }],
    ['left', 'by one whose ownerReferences a restore took away', { name: 'shop', cluster: 'here' }],
    ['elsewhere', 'by one of its name in another cluster', { name: 'shop', uid: 'uid-before', cluster: 'there' }],
    ['foreign', 'as it belongs to another DigiCertOrder', { name: 'blog', uid: 'uid-blog', cluster: 'here' }],
    ['foreign', 'though another Secret refers to the UID', { name: 'blog', uid: 'uid-shop', cluster: 'here' }],
    ['foreign', 'as it has no mark', {}],
    ['foreign', 'as only its label is ours', { label: 'true' }],
    ['foreign', 'as it is for TLS', { type: 'kubernetes.io/tls', name: 'shop', uid: 'uid-shop', cluster: 'here' }],
    ['foreign', 'as it is of no type in particular', { type: 'Opaque', name: 'shop', cluster: 'here' }],
  ])('is %s, %s', (wanted, _why, marks) => {
    expect(ownershipOfKey(aSecret(marks), owner)).toBe(wanted)
  })
})

describe('a Secret with the name of a target Secret', () => {
  test.each<readonly [boolean, string, Marks]>([
    [true, 'names its DigiCertOrder', { type: 'kubernetes.io/tls', name: 'shop' }],
    [true, 'has the label alone', { type: 'Opaque', label: 'true' }],
    [false, 'has another value in the label', { type: 'kubernetes.io/tls', label: 'false' }],
    [false, 'has no mark', { type: 'kubernetes.io/tls' }],
    [false, 'keeps a private key', { name: 'shop', label: 'true' }],
    [false, 'is a token', { type: 'kubernetes.io/service-account-token', name: 'shop', label: 'true' }],
  ])('counts as written by the operator: %s, where it %s', (wanted, _why, marks) => {
    expect(isTarget(aSecret(marks))).toBe(wanted)
  })
})
