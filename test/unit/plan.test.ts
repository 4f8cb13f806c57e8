import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { planCommand, planOf } from '../../src/plan.ts'
import { orderNamed } from '../support/journey.ts'

const NOW = new Date('2026-11-24T09:00:00Z')
const CAPS = [{ days: 199, from: new Date(0) }]

const directory = mkdtempSync(join(tmpdir(), 'plan-'))

/** What the command prints, and the message that it ends with. */
const plan = async (content: string, ...flags: string[]) => {
  const file = join(directory, 'order.yaml')
  writeFileSync(file, content)
  const printed: string[] = []
  const command = planCommand(() => NOW)
    .exitOverride()
    .configureOutput({ writeOut: (text) => printed.push(text), writeErr: (text) => printed.push(text) })
  const code = await command.parseAsync(['-f', file, ...flags], { from: 'user' }).then(
    () => 0,
    (error: unknown) => (error as { exitCode: number }).exitCode,
  )
  return { code, text: printed.join('') }
}

/** Date, step and cost of each line of a plan. */
const steps = (text: string): string[][] =>
  text.split('\n').flatMap((line) => {
    const [date = '', step = '', cost = ''] = line.split(/ {2,}/)
    return /^\d{4}-/.test(date) ? [[date, step, cost]] : []
  })

const counted = (text: string) => ({
  reissues: steps(text).filter(([, step]) => step === 'Reissue').length,
  paid: steps(text).filter(([, , cost]) => cost === 'paid').length,
  last: steps(text).at(-1)?.[1],
})

const order = (spec: object = {}, more: object = {}) => stringify({ ...orderNamed('shop', spec), ...more })

describe('digicert-operator plan', () => {
  test.each([
    [
      'a year in two certificates of 199 days, and its renewal',
      {},
      ['--years', '1', '--cap', '199'],
      { reissues: 1, paid: 2, last: 'Renew' },
    ],
    [
      'a year in five certificates of 99 days',
      {},
      ['--years', '0.9', '--cap', '99'],
      { reissues: 4, paid: 1, last: 'Reissue' },
    ],
    [
      'three years that are bought once',
      { orderValidity: { years: 3 } },
      ['--years', '2.8', '--cap', '199'],
      { reissues: 6, paid: 1, last: 'Reissue' },
    ],
    [
      'certificates as short as the spec asks',
      { certificateValidity: { days: 90 } },
      ['--years', '0.9', '--cap', '199'],
      { reissues: 5, paid: 1, last: 'Reissue' },
    ],
    [
      'a stop where nothing may be bought',
      { renewal: { policy: 'Never' } },
      ['--years', '5', '--cap', '199'],
      { reissues: 1, paid: 1, last: 'Stop' },
    ],
    [
      'a stop where nothing may be reissued, until the plan has ended and is bought again',
      { reissue: { by: 'Never' } },
      ['--years', '1.1', '--cap', '199'],
      { reissues: 0, paid: 2, last: 'Renew' },
    ],
    [
      'what DigiCert reissues',
      { reissue: { by: 'DigiCert' } },
      ['--years', '0.8', '--cap', '199'],
      { reissues: 1, paid: 1, last: 'Reissue' },
    ],
    [
      'a stop at a day that the spec names',
      { orderValidity: { expiresOn: '2027-06-01' } },
      ['--years', '5', '--cap', '199'],
      { reissues: 0, paid: 1, last: 'Stop' },
    ],
  ])('shows %s', async (_what, spec, flags, expected) => {
    const { code, text } = await plan(order(spec), ...flags)

    expect({ code, ...counted(text) }).toEqual({ code: 0, ...expected })
    expect(steps(text)[0]).toEqual(['2026-11-24', 'Order', 'paid'])
  })

  test('takes a falling cap from its day on', async () => {
    const { text } = await plan(order(), '--years', '2', '--cap', '47@2028-01-01', '--cap', '199')

    const dates = steps(text).map(([date = '']) => Date.parse(date) / 86_400_000)
    const gaps = dates.slice(1).map((date, at) => date - (dates[at] ?? 0))
    expect(Math.min(...gaps.slice(0, 2))).toBeGreaterThan(100)
    expect(Math.max(...gaps.slice(-3))).toBeLessThan(47)
    expect(text).toContain('Longest certificates assumed: 199 days, 47 from 2028-01-01.')
  })

  test('goes on from the certificate of a status, at the dates that the operator keeps to', () => {
    const stored = {
      ...orderNamed('shop'),
      status: {
        certificate: { notBefore: '2026-08-01T00:00:00Z', notAfter: '2027-02-15T23:59:59Z' },
        order: { validUntil: '2027-07-31' },
      },
    }
    const wish = { now: NOW, years: 1, caps: CAPS }
    const [first, second] = steps(planOf(stored, wish))
    expect([first?.[1], second?.[1]]).toEqual(['Reissue', 'Renew'])
    expect(first?.[0]).toMatch(/^2027-01-/)

    const moved = planOf({ ...stored, metadata: { ...stored.metadata, uid: 'another' } }, wish)
    expect(steps(moved)[0]?.[0]).not.toBe(first?.[0])
  })

  test('buys nothing for an order that was issued a moment ago, and whose plan CertCentral did not name yet', () => {
    const issued = {
      ...orderNamed('shop'),
      status: {
        certificate: { notBefore: '2026-11-24T00:00:00Z', notAfter: '2027-06-10T23:59:59Z' },
        order: {
          id: 7,
          status: 'issued',
          purchase: 1,
          asked: { dnsNames: ['shop.example.com'], validUntil: '2027-11-23' },
        },
        history: [{ at: '2026-11-24T11:59:00Z', what: 'Ordered', orderId: 7, purchase: 1 }],
      },
    }
    const [first, second] = steps(planOf(issued, { now: NOW, years: 1, caps: CAPS }))
    expect([first?.[1], first?.[2]]).toEqual(['Reissue', 'free'])
    expect([second?.[1], second?.[0]?.slice(0, 7)]).toEqual(['Renew', '2027-10'])
  })

  test('reads several documents, and lists', async () => {
    const list = stringify({ kind: 'List', items: [orderNamed('one'), { kind: 'Secret' }, orderNamed('two')] })
    const { text } = await plan(`${order()}---\n${list}`)
    expect(text.match(/^\w+: \d+ of \d+ steps cost money$/gm)).toHaveLength(3)
  })

  test.each([
    ['no order in it', 'kind: Secret\n', [], 'no DigiCertOrder in it'],
    ['a bad order', order({ commonName: 'no name' }), [], 'shop: "no name" is not a DNS name'],
    ['no YAML', 'a: [', [], 'order.yaml'],
    ['a cap without days', order(), ['--cap', 'soon'], 'days@date'],
    ['years that nobody plans', order(), ['--years', '0'], 'number of years'],
  ])('refuses %s, and says why', async (_what, content, flags, said) => {
    const { code, text } = await plan(content, ...flags)
    expect(code).toBe(1)
    expect(text).toContain(said)
  })

  test('refuses a file that is not there', async () => {
    const printed: string[] = []
    const command = planCommand()
      .exitOverride()
      .configureOutput({ writeErr: (text) => printed.push(text) })
    await expect(command.parseAsync(['-f', '/nowhere/order.yaml'], { from: 'user' })).rejects.toThrow()
    expect(printed.join('')).toContain('/nowhere/order.yaml')
  })
})
