import { ACCOUNT, eventually, orderNamed, reasonOf } from './journey.ts'
import type { DigiCertOrder } from '../../src/api/order.ts'
import type { JournalEntry } from '../../src/simulator/journal.ts'
import type { TimeMachine } from './time-machine.ts'

/** What people do to the orders of a time machine, and what came of it. An order stands for its name. */
export type Life = {
  /** Applies an order and waits until nothing is left to do for it. */
  readonly applied: (name: string, spec?: object) => Promise<DigiCertOrder>
  /** Edits single fields of a spec. */
  readonly edit: (name: string, spec: object) => Promise<unknown>
  /** Annotates an order with annotations of ours, named without our prefix. */
  readonly annotate: (name: string, annotations: Readonly<Record<string, string | null>>) => Promise<unknown>
  readonly remove: (name: string) => Promise<void>
  readonly isGone: (name: string) => Promise<unknown>
  /** Waits until an order says that reason about its work, for its present spec. */
  readonly says: (name: string, reason: string) => Promise<DigiCertOrder>
  /** Waits for that revision of the Secret, and until nothing is left to do. */
  readonly revised: (name: string, revision: number) => Promise<DigiCertOrder>
  /** Asks for a look at CertCentral, and waits until it was taken and nothing is left to do. */
  readonly looked: (name: string) => Promise<DigiCertOrder>
  /** The journal of the orders that ever named `<name>.example.com`, without what DigiCert issued for them. */
  readonly journal: (name: string) => Promise<JournalEntry[]>
  /** The same in CertCentral's words. */
  readonly happened: (name: string) => Promise<string[]>
  /** A call of a person, with an API key of the account; gives the answer. */
  readonly inConsole: (method: string, path: string, body?: object) => Promise<Record<string, unknown>>
}

const PREFIX = 'digicert-operator.io/'

/** The words of a life, for one time machine. */
export function lifeOf(machine: TimeMachine): Life {
  const { namespace, cluster, certCentral } = machine
  const reference = (name: string) => ({ kind: 'DigiCertOrder', namespace, name })
  const annotate: Life['annotate'] = (name, annotations) =>
    cluster.patch(reference(name), { metadata: { annotations: prefixed(annotations) } })
  const journal: Life['journal'] = async (name) => {
    const entries = await certCentral.journal()
    const isNamed = ({ body }: JournalEntry) => JSON.stringify(body ?? '').includes(`"${name}.example.com"`)
    const ids = new Set(entries.filter(isNamed).map(({ orderId }) => orderId))
    return entries.filter(({ orderId, kind }) => ids.has(orderId) && kind !== 'issue')
  }
  return {
    annotate,
    journal,
    applied: async (name, spec = {}) => {
      await machine.apply(orderNamed(name, spec))
      return machine.settled(name)
    },
    edit: (name, spec) => cluster.patch(reference(name), { spec }),
    remove: (name) => cluster.remove(reference(name)),
    isGone: (name) => eventually(`end of order ${name}`, async () => !(await cluster.get(reference(name)))),
    says: (name, reason) =>
      machine.until(name, reason, (order) => {
        const isCurrent = order.status?.observedGeneration === order.metadata.generation
        return isCurrent && reasonOf(order) === reason
      }),
    revised: async (name, revision) => {
      await machine.until(name, `revision ${revision}`, ({ status }) => status?.revision === revision)
      return machine.settled(name)
    },
    looked: async (name) => {
      const asked = String(Math.random())
      await annotate(name, { 'check-requested-at': asked })
      await machine.until(name, 'a look', ({ status }) => status?.lastHandledCheckRequestedAt === asked)
      return machine.settled(name)
    },
    happened: async (name) => (await journal(name)).map(({ kind }) => kind),
    inConsole: async (method, path, body) => {
      const account = await cluster.get({ kind: 'DigiCertAccount', namespace, name: ACCOUNT })
      return callAsPerson(`${(account as unknown as { spec: { url: string } }).spec.url}${path}`, method, body)
    },
  }
}

const prefixed = (annotations: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${PREFIX}${name}`, value]))

/** A call to CertCentral with a person's key, as the console makes it. */
export async function callAsPerson(
  url: string,
  method: string,
  body?: object,
  apiKey = 'simulator',
): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', 'X-DC-DEVKEY': apiKey }
  const answer = await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${url} by a person: ${answer.status} ${text}`)
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}
