import { nameOf } from '../../../scripts/demo/narrate.ts'
import { favoursFor, people } from '../../../scripts/demo/people.ts'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import type { Cluster } from '../../support/cluster.ts'
import type { SimulatorControl } from '../../support/simulator-control.ts'
import { waitFor } from '../../support/wait-for.ts'
import { leaveCertificate } from './cert-manager.ts'

type World = { readonly cluster: Cluster; readonly control: SimulatorControl; readonly url: string }

/** Waits until some orders ask for a favour of that kind, and does it for all of them. */
const help =
  (kind: RegExp) =>
  async ({ cluster, control }: World): Promise<void> => {
    const asking = async () => {
      const orders = (await cluster.list({ kind: 'DigiCertOrder' })) as unknown as DigiCertOrder[]
      const found = orders.filter((order) => favoursFor(order).some(({ what }) => kind.test(what)))
      return found.length > 0 && found
    }
    const orders = await waitFor(asking, { what: `order that asks to ${String(kind)}`, limitMs: 30_000 }).catch(
      async (cause: unknown) => {
        const seen = JSON.stringify(await cluster.list({ kind: 'DigiCertOrder' }))
        throw new Error(`${(cause as Error).message}: ${seen}`, { cause })
      },
    )
    const { help: act } = people(control, () => undefined, Date.now)
    for (const order of orders) {
      if (favoursFor(order).length === 0) throw new Error(`${nameOf(order)} asks for nothing`)
      await act(order)
    }
  }

/** The order of docs/first-order.md, for pages that begin where that one ends. */
const ORDER = {
  apiVersion: 'digicert-operator.io/v1alpha1',
  kind: 'DigiCertOrder',
  metadata: { name: 'api', namespace: 'shop' },
  spec: {
    accountRef: { name: 'certcentral' },
    product: 'ssl_dv_geotrust_flex',
    secretName: 'api-tls',
    commonName: 'api.example.com',
    orderValidity: { years: 1 },
    dcv: { method: 'dns-txt-token' },
  },
}

/**
 * What other people do while a page is read: `<!-- meanwhile: publish -->` before a block has it done first. A page says
 * in its text that, and how, it is done.
 */
export const MEANWHILE: Readonly<Record<string, (world: World) => Promise<void>>> = {
  approve: help(/^approve$/),
  publish: async (world) => {
    await help(/^(publish|confirm|validate)/)(world)
    // DigiCert looks for records once a minute by itself.
    await world.control.advance(60)
  },
  'an order is placed': async ({ cluster }) => {
    await cluster.apply(ORDER)
  },
  'the order is canceled': async ({ cluster, control }) => {
    const isPending = ({ status }: DigiCertOrder) => status?.order?.status === 'pending'
    const { status } = await cluster.waitForOrder('shop', 'api', isPending, 30_000)
    await control.setStatus(status?.order?.id ?? 0, 'canceled')
  },
  'cert-manager has a certificate': leaveCertificate,
  'approval is one-step': ({ control }) => control.changeSettings({ approval: 'one-step' }),
  'approval is off': ({ control }) => control.changeSettings({ approval: 'none' }),
}
