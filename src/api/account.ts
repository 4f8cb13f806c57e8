import { z } from 'zod'
import type { Metadata } from './names.ts'
import { dcv } from './dcv.ts'
import { conditions, objectName, oneUnit, validations, wireId } from './shapes.ts'

const common = {
  url: z
    .string()
    .max(512)
    .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/-]*)?$/)
    .default('https://www.digicert.com/services/v2')
    .meta({
      description: 'Base URL of the Services API. --allowed-hosts of the operator must name its host.',
    }),
  apiKeySecretRef: z
    .object({
      name: objectName('Name of the Secret.'),
      key: z.string().min(1).max(253).default('api-key').meta({ description: 'Key in its data.' }),
    })
    .meta({
      description:
        "Secret with the API key: of the account's own namespace, or of the operator's namespace for a ClusterDigiCertAccount.",
    }),
  caBundle: z
    .string()
    .max(350_000)
    .optional()
    .meta({ description: 'Further roots to trust for https, as base64 of PEM. TLS is always verified.' }),
  uniqueAlternativeOrderIds: z.boolean().default(false).meta({
    description:
      'Set to true where the account has the option "Require unique alternative order IDs" on. The operator then sends an order whose outcome stayed unknown again, with the same id.',
  }),
  defaults: z
    .object({
      organization: z
        .object({ id: wireId('Id of the organization.') })
        .optional()
        .meta({ description: 'The organization that OV, EV and document signing certificates name.' }),
      containerId: wireId('Division (container) that orders are placed under.').optional(),
      payment: z
        .object({
          method: z.enum(['balance', 'profile']).optional().meta({ description: 'How orders are paid.' }),
        })
        .optional()
        .meta({ description: 'Who pays, and how.' }),
      dcv: dcv.optional(),
      skipApproval: z.boolean().optional().meta({ description: 'Ask CertCentral to skip its approval step.' }),
    })
    .optional()
    .meta({ description: 'Values for fields that an order does not set.' }),
  requestsPerSecond: z
    .number()
    .min(0.01)
    .max(5.5)
    .default(3)
    .meta({
      description:
        'Sustained calls per second and API key. DigiCert documents 1,000 per 5 minutes and 100 per 5 seconds in its stricter reading. Of several accounts with one API key the lowest rate counts.',
      // The API server holds a whole number, such as 0, against the whole part of a minimum only.
      ...validations([{ rule: 'self >= 0.01', message: 'requestsPerSecond must be at least 0.01' }]),
    }),
}

const ids = (description: string, ofOne: string) =>
  z.array(wireId(ofOne)).max(256).optional().meta({ description, 'x-kubernetes-list-type': 'set' })

const policy = {
  products: z
    .array(z.string().max(64))
    .max(64)
    .optional()
    .meta({ description: 'Products that may be bought. Absent: all.', 'x-kubernetes-list-type': 'set' }),
  dnsNames: z.array(z.string().max(253)).max(256).optional().meta({
    description: 'Names that may be bought; *.example.com stands for every name below example.com. Absent: all.',
    'x-kubernetes-list-type': 'set',
  }),
  maxOrdersPerDay: z
    .int()
    .min(0)
    .max(100_000)
    .default(20)
    .meta({ description: 'New and renewal orders per UTC day, written down before they are sent.' }),
  maxNameChangesPerDay: z
    .int()
    .min(0)
    .max(100_000)
    .default(100)
    .meta({ description: 'Reissues per UTC day that add names, each of which may cost money.' }),
  maxNames: z
    .int()
    .min(1)
    .max(300)
    .optional()
    .meta({ description: 'Names of one order, the common name included. Absent: as many as CertCentral allows.' }),
  maxOrderValidity: z
    .object({
      years: z.int().min(1).max(3).optional().meta({ description: 'Whole years, of up to 366 days each.' }),
      days: z.int().min(1).max(1096).optional().meta({ description: 'Days.' }),
    })
    .optional()
    .meta({
      description: 'The longest order that may be bought. Absent: as long as the product allows.',
      ...validations([oneUnit('maxOrderValidity')]),
    }),
  organizationIds: ids(
    'Organizations, by id, that orders may name or have by default; one that is given by details is refused then. Absent: all.',
    'Id of an organization.',
  ),
  containerIds: ids(
    'Divisions (containers), by id, that orders may name or have by default. Absent: all.',
    'Id of a division.',
  ),
  paymentMethods: z
    .array(z.enum(['balance', 'profile', 'card']))
    .max(3)
    .optional()
    .meta({
      description:
        'Payment methods that orders or the defaults may set. An order without one is paid as the account at CertCentral has it. Absent: any method.',
      'x-kubernetes-list-type': 'set',
    }),
}

const ADOPTION =
  'Whether orders that exist may be taken over by spec.adoptOrderId; never one that another DigiCertOrder has.'
const SKIP_APPROVAL =
  'Whether orders may skip the approval step of CertCentral by spec.skipApproval. Forbidden: that field has no effect; defaults.skipApproval of the account has.'

const leave = (description: string, otherwise: 'Allowed' | 'Forbidden') =>
  z
    .enum(['Allowed', 'Forbidden'])
    .default(otherwise)
    .meta({ description: `${description} Absent: ${otherwise}.` })

const POLICY = 'Guard rails. Absent: no limits but maxOrdersPerDay and maxNameChangesPerDay.'

export const accountSpec = z
  .object({
    ...common,
    policy: z
      .object({
        ...policy,
        adoption: leave(ADOPTION, 'Allowed'),
        skipApproval: leave(SKIP_APPROVAL, 'Allowed'),
      })
      .prefault({})
      .meta({ description: POLICY }),
  })
  .meta({ description: 'A CertCentral account for its own namespace.' })

export const clusterAccountSpec = z
  .object({
    ...common,
    policy: z
      .object({
        ...policy,
        adoption: leave(ADOPTION, 'Forbidden'),
        skipApproval: leave(SKIP_APPROVAL, 'Forbidden'),
        maxOrdersPerDayPerNamespace: z.int().min(0).max(100_000).optional().meta({
          description:
            'New and renewal orders of one namespace per UTC day, within maxOrdersPerDay. Absent: a namespace may use up maxOrdersPerDay alone.',
        }),
        namespaces: z
          .object({
            matchLabels: z
              .record(z.string().max(317), z.string().max(63))
              .optional()
              .meta({ description: 'Labels that a namespace must have, all of them.' }),
          })
          .optional()
          .meta({ description: 'Namespaces whose orders may use this account, by label. Absent: all.' }),
      })
      .prefault({})
      .meta({ description: POLICY }),
  })
  .meta({ description: 'A CertCentral account for many namespaces.' })

/** Most namespaces whose orders of a day are counted apart. */
export const MOST_NAMESPACES = 1000

/** How many reservations an account keeps. */
export const MOST_PURCHASES = 100

const dailyOrders = z
  .object({
    date: z.string().max(10).meta({ description: 'The UTC day, as yyyy-MM-dd.' }),
    count: z.int().min(0).meta({ description: 'New and renewal orders of that day.' }),
    nameChanges: z.int().min(0).meta({ description: 'Reissues of that day that add names.' }),
    namespaces: z
      .array(
        z.object({
          name: z.string().max(63).meta({ description: 'The namespace.' }),
          count: z.int().min(0).meta({ description: 'Its new and renewal orders of that day.' }),
        }),
      )
      .max(MOST_NAMESPACES)
      .optional()
      .meta({
        description: 'The orders by namespace, of a ClusterDigiCertAccount.',
        'x-kubernetes-list-type': 'atomic',
      }),
  })
  .meta({
    description:
      'The counts that the limits of a day are compared with. The operator counts an order before it sends it, and keeps the count when the DigiCertOrder is deleted.',
  })

const purchases = z
  .array(
    z.object({
      time: z.string().max(64).meta({ description: 'When it was reserved.' }),
      namespace: z.string().max(63).meta({ description: 'Namespace of the DigiCertOrder.' }),
      name: z.string().max(253).meta({ description: 'Name of the DigiCertOrder.' }),
      purchase: z.int().min(1).meta({ description: 'Which purchase of that DigiCertOrder it is.' }),
    }),
  )
  .max(MOST_PURCHASES)
  .meta({
    description: 'The newest reservations of purchases, the newest last.',
    'x-kubernetes-list-type': 'atomic',
  })

export const accountStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'metadata.generation that the operator reconciled last.' }),
    conditions,
    dailyOrders: dailyOrders.optional(),
    purchases: purchases.optional(),
    pausedUntil: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'CertCentral asked for a pause (429); the operator makes no call before this time.' }),
  })
  .meta({ description: 'The state of the account, as the operator observed it.' })

export type AccountSpec = z.infer<typeof clusterAccountSpec>
export type AccountStatus = z.infer<typeof accountStatus>
export type Policy = AccountSpec['policy']
export type DailyOrders = z.infer<typeof dailyOrders>
/** A purchase that was reserved. */
export type Purchase = z.infer<typeof purchases>[number]
export type AccountKind = 'DigiCertAccount' | 'ClusterDigiCertAccount'

/** A DigiCertAccount or ClusterDigiCertAccount as the API server serves it. */
export type Account = {
  apiVersion?: string
  kind?: string
  metadata: Metadata
  spec: AccountSpec
  status?: AccountStatus
}
