import { describe, expect, test } from '@jest/globals'
import type { ValidationEntry } from '../../../src/api/status.ts'
import type { DcvCheck, PlacedOrder } from '../../../src/certcentral/index.ts'
import {
  askValidation,
  checkedEntries,
  isTokenMethod,
  lacksValue,
  validationOfPlaced,
} from '../../../src/controller/validation.ts'
import { NOW, aSpec, anOrder } from '../../support/builders.ts'
import { type Answering, answer, errorOf, replay, withServer } from '../certcentral/fake-server.ts'

const VALUE = '0w24nlrh2pbnfkr4lnpmlg0tnj9v9p6t'
const EXPIRES = '2026-12-23T09:00:00.000Z'

const orderBy = (method: string | undefined, commonName = 'example.com', dnsNames: string[] = []) =>
  anOrder({ spec: aSpec({ commonName, dnsNames, ...(method === undefined ? {} : { dcv: { method } }) }) })

const ask = (answers: readonly Answering[], method: string | undefined = 'dns-txt-token', dnsNames: string[] = []) =>
  withServer(answers, async (client, server) => {
    const asked = await askValidation(client, orderBy(method, 'example.com', dnsNames), 112_233)
    return { ...asked, calls: server.seen.map(({ method: verb, url }) => `${verb} ${url}`) }
  })

const listing = (...names: object[]): Answering => answer(200, JSON.stringify({ dns_name_validations: names }))

describe('what is to be proven', () => {
  test('is told name by name, with the value to publish for those that are open', async () => {
    const { entries } = await ask([replay('validation/pending'), replay('dcv/random-value')])
    expect(entries).toEqual([
      {
        dnsName: 'example.com',
        method: 'dns-txt-token',
        status: 'unapproved',
        record: { type: 'TXT', name: '_dnsauth.example.com', value: VALUE },
        expiresAt: EXPIRES,
      },
      { dnsName: 'app.example.com', method: 'dns-txt-token', status: 'approved' },
    ])
  })

  test.each<readonly [string, object]>([
    ['dns-txt-token', { record: { type: 'TXT', name: '_dnsauth.example.com', value: VALUE } }],
    [
      'dns-cname-token',
      { record: { type: 'CNAME', name: '_dnsauth.example.com', value: `${VALUE}.dcv.digicert.com` } },
    ],
    ['http-token', { file: { url: 'http://example.com/.well-known/pki-validation/fileauth.txt', content: VALUE } }],
  ])('by %s says what to publish', async (method, wanted) => {
    const list = listing({ dns_names: ['example.com'], status: 'pending', method })
    const { entries } = await ask([list, replay('dcv/random-value')])
    expect(entries).toEqual([{ dnsName: 'example.com', method, status: 'pending', expiresAt: EXPIRES, ...wanted }])
  })

  test.each([
    ['listed', [listing({ dns_names: ['4111111111111111.example.com'], status: 'pending', method: 'dns-txt-token' })]],
    [
      'the scope of the proof',
      [listing({ dns_names: ['a.4111111111111111.example.com'], name_scope: '4111111111111111.example.com' })],
    ],
  ])('for a name with a long number, %s, is published at that very name', async (_how, answers) => {
    const { entries } = await ask([...answers, replay('dcv/random-value')])
    expect(entries[0]).toMatchObject({
      dnsName: '4111111111111111.example.com',
      record: { name: '_dnsauth.4111111111111111.example.com' },
    })
    const check = { names: [{ dnsName: '4111111111111111.example.com', status: 'valid' }] }
    expect(checkedEntries(entries, check, NOW)[0]).not.toHaveProperty('record')
  })

  test('for a wildcard is proven at the domain below it', async () => {
    const list = listing({ dns_names: ['*.example.com'], status: 'pending', method: 'dns-txt-token' })
    const { entries } = await ask([list, replay('dcv/random-value')])
    expect(entries[0]!.record!.name).toBe('_dnsauth.example.com')
  })

  test('by mail asks for no value', async () => {
    const list = listing({ dns_names: ['example.com'], status: 'pending', method: 'email' })
    const { entries, calls } = await ask([list], 'email')
    expect(entries).toEqual([{ dnsName: 'example.com', method: 'email', status: 'pending' }])
    expect(calls).toEqual(['GET /services/v2/order/certificate/112233/validation'])
  })

  test('and is proven asks for no value', async () => {
    const list = listing({ dns_names: ['example.com'], status: 'approved', method: 'dns-txt-token' })
    const { calls } = await ask([list])
    expect(calls).toHaveLength(1)
  })

  test.each<readonly [string, Answering]>([
    ['lists none', listing()],
    ['does not know the page', answer(404, '{"errors":[{"code":"not_found|route","message":"no"}]}')],
    ['refuses the question', answer(400, '{"errors":[{"code":"invalid_status"}]}')],
  ])('is what the spec names, where CertCentral %s', async (_what, list) => {
    const { entries } = await ask([list, replay('dcv/random-value')], 'dns-txt-token', ['A.example.com'])
    expect(entries.map(({ dnsName, status }) => [dnsName, status])).toEqual([
      ['example.com', 'pending'],
      ['a.example.com', 'pending'],
    ])
  })

  test('is told without a value where CertCentral refuses to make one, to be asked for again', async () => {
    const list = listing({ dns_names: ['example.com'], status: 'pending', method: 'dns-txt-token' })
    const { entries } = await ask([list, answer(400, '{"errors":[{"code":"cannot_create_random_value"}]}')])
    expect(entries).toEqual([{ dnsName: 'example.com', method: 'dns-txt-token', status: 'pending' }])
    expect(entries.map(lacksValue)).toEqual([true])
  })

  test.each([
    ['cannot be reached', 500, 'unavailable'],
    ['refuses the key', 401, 'unauthorized'],
  ])('is unknown where CertCentral %s', async (_what, status, kind) => {
    const failing = withServer(
      [answer(status, '{"errors":[{"code":"access_denied|invalid_api_key","message":"no"}]}')],
      (client) => errorOf(askValidation(client, orderBy('email'), 1)),
    )
    expect((await failing).kind).toBe(kind)
  })
})

describe('what the answer to an order asks for', () => {
  const silent: PlacedOrder = { orderId: 1, requests: [], domains: [] }
  const placed = (changes: Partial<PlacedOrder> = {}): PlacedOrder => ({ ...silent, dcvRandomValue: VALUE, ...changes })

  test('is the same value for every name', () => {
    const entries = validationOfPlaced(orderBy('dns-txt-token', 'Example.com', ['*.a.example.com']), placed())
    expect(entries.map(({ dnsName, record }) => [dnsName, record?.name, record?.value])).toEqual([
      ['example.com', '_dnsauth.example.com', VALUE],
      ['*.a.example.com', '_dnsauth.a.example.com', VALUE],
    ])
  })

  test.each<readonly [string, string | undefined, Partial<PlacedOrder>]>([
    ['where it is issued already', 'dns-txt-token', { chain: ['PEM'] }],
    ['where mails are confirmed', 'email', {}],
    ['where no method is known', undefined, {}],
  ])('is nothing %s', (_why, method, changes) => {
    expect(validationOfPlaced(orderBy(method), placed(changes))).toEqual([])
  })

  test('is the value of each domain, where an OV order is told one for each', () => {
    const domains = [
      { name: 'example.com', dcvToken: 'abc' },
      { name: 'told.example.com' },
      { name: '', dcvToken: 'x' },
    ]
    const placed = { orderId: 1, requests: [], domains } as PlacedOrder
    expect(validationOfPlaced(orderBy('dns-txt-token'), placed)).toEqual([
      {
        dnsName: 'example.com',
        method: 'dns-txt-token',
        status: 'pending',
        record: { type: 'TXT', name: '_dnsauth.example.com', value: 'abc' },
      },
    ])
  })

  test('is nothing where it holds no value', () => {
    expect(validationOfPlaced(orderBy('dns-txt-token'), silent)).toEqual([])
  })
})

describe('the entries after a check', () => {
  const open = (dnsName: string, changes: Partial<ValidationEntry> = {}): ValidationEntry => ({
    dnsName,
    method: 'dns-txt-token',
    status: 'pending',
    record: { type: 'TXT', name: `_dnsauth.${dnsName}`, value: VALUE },
    expiresAt: EXPIRES,
    ...changes,
  })
  const check = (...names: DcvCheck['names']): DcvCheck => ({ names })

  test('lose the record of what is proven', () => {
    expect(checkedEntries([open('a.example.com')], check({ dnsName: 'A.example.com', status: 'valid' }), NOW)).toEqual([
      { dnsName: 'a.example.com', method: 'dns-txt-token', status: 'valid', checkedAt: NOW.toISOString() },
    ])
  })

  test('keep the record of what is not, and note the time', () => {
    const entry = open('a.example.com')
    expect(checkedEntries([entry], check(), NOW)).toEqual([{ ...entry, checkedAt: NOW.toISOString() }])
  })

  test('note no check of a mail', () => {
    const mail: ValidationEntry = { dnsName: 'a.example.com', method: 'email', status: 'pending' }
    expect(checkedEntries([mail], check(), NOW)).toEqual([mail])
  })

  test('leave those that they were made from as they were', () => {
    const entry = Object.freeze(open('a.example.com'))
    checkedEntries([entry], check({ dnsName: 'a.example.com', status: 'valid' }), NOW)
    expect(entry.record).toBeDefined()
  })
})

test.each([
  ['dns-txt-token', true],
  ['dns-cname-token', true],
  ['http-token', true],
  ['email', false],
  ['constructor', false],
  [undefined, false],
])('asking CertCentral to check helps with %s: %s', (method, wanted) => {
  expect(isTokenMethod(method)).toBe(wanted)
})
