import type { DigiCertOrder } from '../../src/api/order.ts'
import { createCsr } from '../../src/pki/csr.ts'
import { generateKey } from '../../src/pki/keys.ts'
import { annotate, API_KEY, orderIn } from './bad-days.ts'
import { conditionOf } from './journey.ts'
import { callAsPerson } from './life.ts'
import { LIMIT, quiet, type Scenario, type Stage } from './sweep.ts'
import { waitFor } from './wait-for.ts'

/** Ready with nothing more to do, and not with the certificate of before. */
const isIssued = (order: DigiCertOrder | undefined, serial?: string): boolean =>
  order !== undefined &&
  order.status?.observedGeneration === order.metadata.generation &&
  conditionOf(order, 'Ready')?.status === 'True' &&
  conditionOf(order, 'Issuing')?.reason === 'Issued' &&
  order.status?.certificate?.serialNumber !== serial

const apply = ({ bed }: Stage, name: string, spec: object = {}) => bed.cluster.apply(orderIn(bed.namespace, name, spec))

const boughtBefore = async (stage: Stage, name: string, spec: object = {}) => {
  await apply(stage, name, spec)
  const look = async () => isIssued(await stage.bed.cluster.order(stage.bed.namespace, name))
  await waitFor(look, { what: `certificate of ${name}`, limitMs: LIMIT, everyMs: 50 })
  await quiet(stage.line)
}

/** CertCentral is asked how long the plan lasts, which the answer to an order does not say. */
const looked = async ({ bed, line }: Stage, name: string) => {
  await annotate(bed, name, { 'digicert-operator.io/check-requested-at': 'now' })
  await bed.cluster.waitForOrder(bed.namespace, name, ({ status }) => status?.order?.validUntil !== undefined, LIMIT)
  await quiet(line)
}

const edit = ({ bed }: Stage, name: string, spec: object) =>
  bed.cluster.patch({ kind: 'DigiCertOrder', namespace: bed.namespace, name }, { spec })

/** A person has the plan renewed at once, and past the brake, which holds the second purchase of a day. */
const renewNow = async ({ bed: { cluster, namespace } }: Stage, name: string): Promise<unknown> => {
  const id = (await cluster.order(namespace, name))?.status?.order?.id
  const metadata = { annotations: { 'digicert-operator.io/release-brake': String(id) } }
  const spec = { orderValidity: { days: null, years: 1 }, renewal: { policy: 'Renew', before: '30d' } }
  return cluster.patch({ kind: 'DigiCertOrder', namespace, name }, { metadata, spec })
}

const approve = async ({ bed }: Stage, { status }: DigiCertOrder): Promise<void> => {
  // A person sees the request in the console, whatever the operator knows of it, and may be told that it was approved.
  if (status?.order?.status === 'needs_approval') await bed.control.approve(status.order.id).catch(() => undefined)
}

/** Somebody publishes what the status says, and DigiCert finds it; its own look would come after half a minute. */
const publish = async ({ bed }: Stage, { status }: DigiCertOrder): Promise<void> => {
  const records = (status?.validation ?? []).flatMap(({ record }) => record ?? [])
  for (const { name, type, value } of records) await bed.control.publishRecord(name, type, [value])
  const id = status?.order?.id
  if (id === undefined || records.length === 0) return
  if ((await bed.control.order(id))['status'] === 'pending') await bed.control.issue(id)
}

/** A person buys in the console, with a key of their own. */
const buyInConsole = async ({ bed }: Stage, name: string): Promise<number> => {
  const common_name = `${name}.example.com`
  const csr = await createCsr(await generateKey({ algorithm: 'ECDSA', size: 256 }), [common_name], common_name)
  const url = `${bed.simulator.url}/order/certificate/ssl_dv_geotrust_flex`
  const order = { certificate: { common_name, csr, signature_hash: 'sha256' }, order_validity: { years: 1 } }
  return Number((await callAsPerson(url, 'POST', order, API_KEY))['id'])
}

export const SCENARIOS = {
  'issued at once': {
    settings: {},
    purchases: 1,
    begin: apply,
    isOver: isIssued,
  },
  'with approval': {
    settings: { approval: 'one-step' },
    purchases: 1,
    begin: apply,
    meanwhile: approve,
    isOver: isIssued,
  },
  'with two approvals': {
    settings: { approval: 'two-step' },
    purchases: 1,
    begin: apply,
    meanwhile: approve,
    isOver: isIssued,
  },
  'with a proof of control': {
    settings: { instant: false },
    purchases: 1,
    begin: (stage, name) => apply(stage, name, { dcv: { method: 'dns-txt-token' } }),
    meanwhile: publish,
    isOver: isIssued,
  },
  adopted: {
    settings: {},
    purchases: 1,
    begin: async (stage, name) => apply(stage, name, { adoptOrderId: await buyInConsole(stage, name) }),
    isOver: isIssued,
  },
  'reissued with another key': {
    settings: {},
    purchases: 1,
    before: boughtBefore,
    begin: ({ bed }, name) => annotate(bed, name, { 'digicert-operator.io/reissue-requested-at': 'now' }),
    isOver: isIssued,
  },
  'given one more name': {
    settings: {},
    purchases: 1,
    before: boughtBefore,
    begin: (stage, name) => edit(stage, name, { dnsNames: [`www.${name}.example.com`] }),
    isOver: isIssued,
  },
  'given another kind of key': {
    settings: {},
    purchases: 1,
    before: boughtBefore,
    begin: (stage, name) => edit(stage, name, { privateKey: { algorithm: 'ECDSA', size: 384 } }),
    isOver: isIssued,
  },
  renewed: {
    settings: {},
    purchases: 2,
    before: async (stage, name) => {
      await boughtBefore(stage, name, { orderValidity: { days: 20 }, renewal: { policy: 'Never' } })
      await looked(stage, name)
    },
    begin: renewNow,
    isOver: (order, serial) => order?.status?.order?.purchase === 2 && isIssued(order, serial),
  },
  'deleted and made again': {
    settings: {},
    purchases: 1,
    before: boughtBefore,
    begin: async (stage, name) => {
      const { cluster, namespace } = stage.bed
      await cluster.remove({ kind: 'DigiCertOrder', namespace, name })
      const isGone = async () => (await cluster.order(namespace, name)) === undefined
      await waitFor(isGone, { what: `end of ${name}`, limitMs: LIMIT })
      await apply(stage, name)
    },
    isOver: (order) => isIssued(order),
  },
  'deleted and revoked': {
    settings: {},
    purchases: 1,
    before: (stage, name) => boughtBefore(stage, name, { deletionPolicy: 'RevokeOrder' }),
    begin: ({ bed }, name) => bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name }),
    isOver: (order) => order === undefined,
  },
} as const satisfies Readonly<Record<string, Scenario>>

export type ScenarioName = keyof typeof SCENARIOS
