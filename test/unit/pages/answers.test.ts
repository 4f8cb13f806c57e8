import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import type { OrderStatus } from '../../../src/api/status.ts'
import type { CertCentral } from '../../../src/certcentral/index.ts'
import { act } from '../../../src/controller/act.ts'
import { createMemory } from '../../../src/controller/memory.ts'
import type { Gathered } from '../../../src/controller/gather.ts'
import { observe } from '../../../src/controller/observe.ts'
import { NO_PASSWORDS } from '../../../src/controller/outputs.ts'
import { placedOrder } from '../../../src/controller/remote.ts'
import type { Hands } from '../../../src/controller/step.ts'
import { validationOfPlaced } from '../../../src/controller/validation.ts'
import { decide } from '../../../src/order/decide.ts'
import type { Outcome } from '../../../src/order/outcome.ts'
import { after } from '../../../src/order/progress.ts'
import { report } from '../../../src/order/report.ts'
import { ABOUT, ALTERNATIVE_ID, INTENT, NOW, aSpec, anOrder } from '../../support/builders.ts'
import { aSession } from '../../support/session.ts'
import { type Answering, answer, place, replay, withServer } from '../certcentral/fake-server.ts'

type Body = { id: number; requests?: { id: number; status: string }[]; dcv_random_value?: string }
type Sample = { page: string; case: string; status: number; body: Body; reason: string }

const DIRECTORY = join(import.meta.dirname, '../../fixtures/pages/answers')
const SAMPLES = readdirSync(DIRECTORY)
  .toSorted()
  .map((file) => JSON.parse(readFileSync(join(DIRECTORY, file), 'utf8')) as Sample)

const isByMail = (sample: Sample): boolean => sample.case.endsWith('email')
const valueOf = ({ body }: Sample): string | undefined => body.dcv_random_value
const openRequest = ({ body }: Sample) =>
  body.requests?.find(({ status }) => status === 'pending' || status === 'submitted')

const orderFor = (sample: Sample): DigiCertOrder =>
  anOrder({
    spec: aSpec({
      commonName: 'example.com',
      dnsNames: ['sub.example.com'],
      dcv: { method: isByMail(sample) ? 'email' : 'dns-txt-token' },
    }),
  })

/** CertCentral that answers an order with the sample, lists no name to prove, and finds no proof yet. */
const certCentral = (sample: Sample): Answering => {
  const others: Readonly<Record<string, Answering>> = {
    validation: answer(200, '{"dns_name_validations":[]}'),
    'dcv-random-value': replay('dcv/random-value'),
    'check-dcv': replay('dcv/not-yet-invalid-dns-txt'),
  }
  return (request, response) => {
    const last = request.url?.split('/').at(-1) ?? ''
    const give = others[last] ?? answer(sample.status, JSON.stringify(sample.body))
    give(request, response)
  }
}

/** All that is read besides status and answer, as it is right after an order was placed. */
const gathered = (order: DigiCertOrder, client: CertCentral): Gathered => ({
  order,
  problems: [],
  account: { kind: 'ready', name: ABOUT.account, session: aSession({ client }) },
  namespaceForbidden: undefined,
  left: { orders: 19, nameChanges: 100 },
  passwords: NO_PASSWORDS,
  formerKeys: [],
  purchase: 1,
  alternativeOrderIdOf: () => ALTERNATIVE_ID,
  payloadHash: INTENT.payloadHash,
  keySecret: undefined,
  keyIsLeft: false,
  key: { state: 'fits', key: undefined, fingerprint: undefined },
  nextKey: { state: 'absent', key: undefined, fingerprint: undefined },
  traits: '',
  names: { sent: [], held: [] },
  givenCsr: undefined,
  holderOf: () => undefined,
  ignored: [],
  target: { kind: 'free' },
  targetSecret: undefined,
  stored: undefined,
  idsAreKept: false,
})

/** What asking for the proof and checking it need. */
const HANDS = { now: () => NOW } as Hands

/** Decides and acts until there is nothing more to do now, as a pass does; gives the actions, and what is told then. */
const walk = async (first: OrderStatus, given: Gathered): Promise<{ actions: string[]; status: OrderStatus }> => {
  const memory = createMemory(NOW).of('shop/shop')
  const actions: string[] = []
  let status = first
  for (;;) {
    const seen = observe(given, status, {
      now: NOW,
      unknownOutcomeTimeoutMs: 900_000,
      remote: { kind: 'unasked' },
      memory,
    })
    const decision = decide(seen, NOW)
    if (decision.verdict !== 'act') {
      const subject = { before: first, generation: 1, about: ABOUT, now: NOW }
      return { actions, status: report(status, seen, decision, subject).status }
    }
    actions.push(decision.action.kind)
    expect(actions.length).toBeLessThan(5)
    status = after(status, await act({ gathered: given, seen, status, memory }, decision.action, HANDS), NOW, ABOUT)
  }
}

/** Places an order that is answered with the sample, and goes on from there. */
const course = (sample: Sample) =>
  withServer([certCentral(sample)], async (client) => {
    const order = orderFor(sample)
    const placed = await place(client)
    const entries = validationOfPlaced(order, placed)
    const intent = { ...INTENT, sentAt: NOW.toISOString(), sends: 1 }
    const remote = placedOrder(placed)
    const outcome: Outcome = { kind: 'placed', order: remote, purchase: 1, intent, validation: entries }
    return { entries, ...(await walk(after({ intent: INTENT }, outcome, NOW, ABOUT), gathered(order, client))) }
  })

const named = (samples: readonly Sample[]) => samples.map((sample) => [sample.page, sample.case, sample] as const)

test('every sample answer of the pages is there', () => {
  expect(SAMPLES.map((sample) => `${sample.page} ${sample.case}`)).toEqual([
    '001 auto',
    '001 one-step',
    '001 skip',
    '001 two-step',
    '002 email',
    '002 token',
    '003 auto-email',
    '003 auto-token',
    '003 one-step',
    '003 skip-email',
    '003 skip-token',
    '003 two-step',
  ])
})

describe('the answer to an order', () => {
  test.each(named(SAMPLES))(
    'of page %s, %s, is reported with its reason and its order id',
    async (_page, _case, sample) => {
      const { status } = await course(sample)
      expect(status.order?.id).toBe(sample.body.id)
      const message = expect.stringContaining(`Order ${sample.body.id} waits for `)
      expect(status.conditions).toMatchObject([
        { type: 'Ready', status: 'False', reason: sample.reason, message },
        { type: 'Issuing', status: 'True', reason: sample.reason, message },
      ])
    },
  )

  test.each(named(SAMPLES.filter(openRequest)))(
    'of page %s, %s, names the request to approve, and nothing else is done',
    async (_page, kind, sample) => {
      const { actions, status } = await course(sample)
      expect(actions).toEqual([])
      expect(status.conditions![0]!.message).toContain(`approval of request ${openRequest(sample)!.id} (${kind})`)
    },
  )

  test.each(named(SAMPLES.filter(valueOf)))(
    'of page %s, %s, gives the value to publish for each name, and a check begins at once',
    async (_page, _case, sample) => {
      const value = valueOf(sample)
      const { entries, actions, status } = await course(sample)
      expect(entries.map(({ record }) => record)).toEqual([
        { type: 'TXT', name: '_dnsauth.example.com', value },
        { type: 'TXT', name: '_dnsauth.sub.example.com', value },
      ])
      expect(actions).toEqual(['CheckValidation'])
      expect(status.validation).toMatchObject(entries)
    },
  )

  test.each(named(SAMPLES.filter((sample) => !openRequest(sample) && valueOf(sample) === undefined)))(
    'of page %s, %s, holds no value, and the proof is asked for',
    async (_page, _case, sample) => {
      const { entries, actions, status } = await course(sample)
      expect(entries).toEqual([])
      expect(actions).toEqual(['AskValidation', ...(isByMail(sample) ? [] : ['CheckValidation'])])
      expect(status.validation!.map(({ dnsName, record }) => [dnsName, record === undefined])).toEqual([
        ['example.com', isByMail(sample)],
        ['sub.example.com', isByMail(sample)],
      ])
    },
  )
})
