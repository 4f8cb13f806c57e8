import { describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import {
  accountsFor,
  type ExampleFile,
  isApplicableAsIs,
  namespacesOf,
  withoutAccounts,
} from '../../../scripts/demo/examples.ts'
import type { Resource } from '../../support/api-server.ts'

const settings = { url: 'http://127.0.0.1:1/services/v2', apiKey: 'k', operatorNamespace: 'digicert-operator' }

const file = (text: string): ExampleFile => ({
  path: 'example.yaml',
  documents: parseAllDocuments(text).map((document) => document.toJS() as Resource),
})
const order = (name: string, accountRef: string) => `
kind: DigiCertOrder
metadata: { name: ${name}, namespace: shop }
spec: { accountRef: ${accountRef} }
`
const secret = (name: string, namespace: string, key = 'api-key') =>
  expect.objectContaining({ kind: 'Secret', metadata: { name, namespace }, stringData: { [key]: 'k' } })
const account = (kind: string, metadata: object, spec: object) =>
  expect.objectContaining({
    kind,
    metadata: expect.objectContaining(metadata),
    spec: expect.objectContaining({ url: settings.url, ...spec }),
  })

describe('the accounts of the demo', () => {
  test('are one for each name that orders use, with its Secret where its kind reads it', () => {
    const files = [
      file(order('a', '{ name: certcentral }')),
      file(order('b', '{ kind: DigiCertAccount, name: certcentral }')),
      file(order('c', '{ kind: ClusterDigiCertAccount, name: central }')),
    ]

    expect(accountsFor(files, settings)).toEqual([
      secret('certcentral-api-key', 'shop'),
      account('DigiCertAccount', { name: 'certcentral', namespace: 'shop' }, {}),
      secret('central-api-key', 'digicert-operator'),
      account('ClusterDigiCertAccount', { name: 'central' }, {}),
    ])
  })

  test('keep what a sample says of them, and never its URL', () => {
    const written = `
kind: DigiCertAccount
metadata: { name: certcentral, namespace: shop }
spec: { url: https://www.digicert.com/services/v2, apiKeySecretRef: { name: own, key: token }, policy: { maxOrdersPerDay: 3 } }
`
    const apiKeySecretRef = { name: 'own', key: 'token' }

    expect(accountsFor([file(`${order('a', '{ name: certcentral }')}---${written}`)], settings)).toEqual([
      secret('own', 'shop', 'token'),
      account('DigiCertAccount', { name: 'certcentral' }, { apiKeySecretRef, policy: { maxOrdersPerDay: 3 } }),
    ])
  })
})

describe('a sample file', () => {
  const withAccount = file(
    `${order('a', '{ name: x }')}---\nkind: DigiCertAccount\nmetadata: { name: x, namespace: other }\n`,
  )

  test('is applied as it is unless it holds an account', () => {
    expect(isApplicableAsIs(file(order('a', '{ name: x }')))).toBe(true)
    expect(isApplicableAsIs(withAccount)).toBe(false)
    expect(withoutAccounts(withAccount).map(({ kind }) => kind)).toEqual(['DigiCertOrder'])
  })

  test('tells all its namespaces', () => {
    expect(namespacesOf([withAccount])).toEqual(['shop', 'other'])
  })
})
