import { describe, expect, test } from '@jest/globals'
import { favoursFor } from '../../../scripts/demo/people.ts'
import type { DigiCertOrder } from '../../../src/api/order.ts'

type Status = NonNullable<DigiCertOrder['status']>

const order = (reason: string, status: Partial<Status> = {}, spec: object = {}) =>
  ({
    metadata: { name: 'shop', namespace: 'shop' },
    spec: { commonName: 'shop.example.com', ...spec },
    status: {
      conditions: [{ type: 'Issuing', status: 'True', reason, message: '', lastTransitionTime: '' }],
      order: { id: 7, status: 'pending', purchase: 1 },
      ...status,
    },
  }) as unknown as DigiCertOrder

const entry = { dnsName: 'shop.example.com', status: 'pending' }
const record = { type: 'TXT', name: '_dnsauth.shop.example.com', value: 'x' }
const file = { url: 'http://shop.example.com/a', content: 'y' }

describe('what people are asked for', () => {
  test.each<[string, DigiCertOrder, object[]]>([
    ['nothing before there is an order', { ...order('AwaitingApproval'), status: { conditions: [] } }, []],
    ['nothing while DigiCert works', order('Processing', { validation: [{ ...entry, method: 'email' }] }), []],
    ['an approval', order('AwaitingApproval'), [{ what: 'approve', orderId: 7 }]],
    [
      'a record and a file',
      order('AwaitingValidation', {
        validation: [
          { ...entry, method: 'dns-txt-token', record },
          { ...entry, method: 'http-token', file },
        ],
      }),
      [
        { what: 'publish-record', ...record },
        { what: 'publish-file', ...file },
      ],
    ],
    [
      'one answer to the mail for all names',
      order('AwaitingValidation', { validation: [entry, entry].map((one) => ({ ...one, method: 'email' })) }),
      [{ what: 'confirm-mail', orderId: 7 }],
    ],
    [
      'the validation of the organization that the order names',
      order('AwaitingValidation', {}, { organization: { id: 9 } }),
      [{ what: 'validate-organization', organization: 9 }],
    ],
  ])('is %s', (_, given, favours) => {
    expect(favoursFor(given)).toEqual(favours)
  })
})
