import { describe, expect, test } from '@jest/globals'
import type { AccountState } from '../../../src/controller/accounts.ts'
import { readSpec } from '../../../src/controller/spec-reading.ts'
import type { CertCentral } from '../../../src/certcentral/index.ts'
import { aSpec } from '../../support/builders.ts'
import { aSession, anAccount } from '../../support/session.ts'

// Reading a spec asks nobody anything.
const client = {} as CertCentral
const ready = (spec: Record<string, unknown> = {}): AccountState => ({
  kind: 'ready',
  name: 'DigiCertAccount shop/certcentral',
  session: aSession({ client, account: anAccount(spec) }),
})

describe('a spec', () => {
  test('is read once for each state of its account', () => {
    const spec = aSpec()
    const account = ready()
    expect(readSpec(spec, account)).toBe(readSpec(spec, account))
  })

  test('is read anew where the account has other defaults, and in another copy', () => {
    const spec = aSpec()
    const bare = readSpec(spec, ready())
    const filled = readSpec(spec, ready({ defaults: { containerId: 5 } }))
    expect([bare.spec.containerId, filled.spec.containerId]).toEqual([undefined, 5])
    expect(filled.payloadHash).not.toBe(bare.payloadHash)
    expect(readSpec({ ...spec, commonName: 'blog.example.com' }, ready()).payloadHash).not.toBe(bare.payloadHash)
  })

  test('has no fingerprint where it breaks a rule, and is given as it stands', () => {
    const broken = { ...aSpec(), commonName: 'not a name' }
    const { spec, problems, payloadHash, traits } = readSpec(broken, ready())
    expect([spec, payloadHash, traits]).toEqual([broken, '', ''])
    expect(problems.length).toBeGreaterThan(0)
  })
})
