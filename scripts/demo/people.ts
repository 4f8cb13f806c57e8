import type { DigiCertOrder } from '../../src/api/order.ts'
import type { SimulatorControl } from '../../test/support/simulator-control.ts'
import { hasReason, nameOf } from './narrate.ts'
import type { Say } from './say.ts'

/** Something that an order's status asks a person for. Doing it once more does no harm. */
export type Favour =
  | { readonly what: 'approve'; readonly orderId: number }
  | { readonly what: 'confirm-mail'; readonly orderId: number }
  | { readonly what: 'publish-record'; readonly type: string; readonly name: string; readonly value: string }
  | { readonly what: 'publish-file'; readonly url: string; readonly content: string }
  | { readonly what: 'validate-organization'; readonly organization: number }

/** Everything that the status of an order asks people for now. */
export function favoursFor(order: DigiCertOrder): Favour[] {
  const { status, spec } = order
  const orderId = status?.order?.id
  if (orderId === undefined) return []
  if (hasReason(order, 'AwaitingApproval')) return [{ what: 'approve', orderId }]
  if (!hasReason(order, 'AwaitingValidation')) return []
  const validation = status?.validation ?? []
  const published = validation.flatMap(({ record, file }): Favour[] => [
    ...(record === undefined ? [] : [{ what: 'publish-record' as const, ...record }]),
    ...(file === undefined ? [] : [{ what: 'publish-file' as const, ...file }]),
  ])
  const byMail = validation.some(({ method }) => method === 'email')
  const organization = spec.organization?.id
  return [
    ...published,
    ...(byMail ? [{ what: 'confirm-mail' as const, orderId }] : []),
    ...(organization === undefined ? [] : [{ what: 'validate-organization' as const, organization }]),
  ]
}

/* How long a person takes before doing the same once more, in milliseconds: two-step approval needs it. */
const PATIENCE = 2000
/* How long nobody may have published anything before the clock of the simulator is moved on. */
const QUIET = 1000

/** Whoever approves requests, edits DNS zones and web servers, reads mail, and works at DigiCert. */
export type People = {
  /** Does what an order's status asks for; to be called again and again. */
  readonly help: (order: DigiCertOrder) => Promise<void>
  /**
   * Lets a minute pass at DigiCert once everything is published: it looks for records once a minute by itself, and
   * nobody wants to watch that minute.
   */
  readonly passTime: () => Promise<void>
}

/** People who act in the simulator and tell of what they do. `clock` gives milliseconds. */
export function people(control: SimulatorControl, say: Say, clock: () => number): People {
  const doneAt = new Map<string, number>()
  const zone = new Map<string, Set<string>>()
  let publishedAt: number | undefined

  const help = async (order: DigiCertOrder): Promise<void> => {
    for (const favour of favoursFor(order)) {
      const key = JSON.stringify(favour)
      const before = doneAt.get(key)
      if (before !== undefined && clock() - before < PATIENCE) continue
      doneAt.set(key, clock())
      const line = await doFavour(control, zone, favour).catch((error: unknown) => `in vain: ${String(error)}`)
      if (before !== undefined || line === undefined) continue
      say(`${nameOf(order).padEnd(28)} > ${line}`)
      if (favour.what.startsWith('publish')) publishedAt = clock()
    }
  }
  const passTime = async (): Promise<void> => {
    if (publishedAt === undefined || clock() - publishedAt < QUIET) return
    publishedAt = undefined
    say(`${''.padEnd(28)} > a minute passes at DigiCert, which looks for the records by itself`)
    await control.advance(60)
  }
  return { help, passTime }
}

/* The call of the simulator's control API that does a favour, with what it stands for. */
function callFor(favour: Favour): readonly [what: string, method: string, path: string, body?: object] {
  switch (favour.what) {
    case 'approve':
      return [`approve order ${favour.orderId}`, 'POST', `/orders/${favour.orderId}/approve`]
    case 'confirm-mail':
      return [`follow the link in the mail`, 'POST', `/orders/${favour.orderId}/confirm-email`]
    case 'publish-record': {
      const { type, name, value } = favour
      return [`publish the record`, 'PUT', '/dns', { name, type, values: [value] }]
    }
    case 'publish-file':
      return [`publish the file`, 'PUT', '/http', { url: favour.url, content: favour.content }]
    case 'validate-organization':
      return [`validate the organization`, 'PUT', `/organizations/${favour.organization}`, { validated: true }]
  }
}

/** Prints, once for each thing that an order's status asks for, the command that does it in the simulator. */
export function askYou(controlUrl: string, say: Say): (order: DigiCertOrder) => void {
  const asked = new Set<string>()
  return (order) => {
    for (const favour of favoursFor(order)) {
      const [what, method, path, body] = callFor(favour)
      const data = body === undefined ? '' : ` -d '${JSON.stringify(body)}'`
      const command = `curl -sS -X ${method} -H 'content-type: application/json'${data} ${controlUrl}${path}`
      if (asked.has(command)) continue
      asked.add(command)
      say(`${nameOf(order).padEnd(28)} > waits for you to ${what}:\n  ${command}`)
      if (favour.what === 'publish-record' || favour.what === 'publish-file')
        say(
          `${''.padEnd(28)} > and have DigiCert look now: kubectl annotate dco -n ${order.metadata.namespace} ${order.metadata.name} --overwrite digicert-operator.io/check-requested-at="$(date)"`,
        )
    }
  }
}

/* Gives the line that tells of it; undefined when there was nothing to do. */
async function doFavour(
  control: SimulatorControl,
  zone: Map<string, Set<string>>,
  favour: Favour,
): Promise<string | undefined> {
  switch (favour.what) {
    case 'approve':
      await control.approve(favour.orderId)
      return `a person approves order ${favour.orderId}`
    case 'confirm-mail':
      await control.confirmEmail(favour.orderId)
      return `a person follows the link in the mail about order ${favour.orderId}`
    case 'publish-record': {
      const { type, name, value } = favour
      const values = (zone.get(`${type} ${name}`) ?? new Set()).add(value)
      zone.set(`${type} ${name}`, values)
      // One name may carry the values of several orders.
      await control.publishRecord(name, type, [...values])
      return `a person publishes ${type} ${name} = ${value}`
    }
    case 'publish-file':
      await control.publishFile(favour.url, favour.content)
      return `a person publishes ${favour.url}`
    case 'validate-organization': {
      const { organizations } = (await control.state()).settings
      if (organizations.find(({ id }) => id === favour.organization)?.validated !== false) return undefined
      await control.changeOrganization(favour.organization, { validated: true })
      return `a person at DigiCert validates organization ${favour.organization}`
    }
  }
}
