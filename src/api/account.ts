import { z } from 'zod'
import type { Metadata } from './names.ts'
import { dcv } from './dcv.ts'
import { conditions, objectName, validations, wireId } from './shapes.ts'

const common = {
  url: z
    .string()
    .max(512)
    .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/-]*)?$/)
    .default('https://www.digicert.com/services/v2')
    .meta({
      description:
        'Base URL of the Services API. Its host must be one that the operator was started with (--allowed-hosts).',
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
      'Says that the account has the option "Require unique alternative order IDs" on; an order whose outcome stayed unknown is then posted again by itself.',
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
    .meta({ description: 'Used where an order is silent.' }),
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
    .meta({ description: 'New and renewal orders per UTC day. Reissues are free and not counted.' }),
}

const POLICY = 'Guard rails. Absent: no limit but maxOrdersPerDay.'

export const accountSpec = z
  .object({ ...common, policy: z.object(policy).prefault({}).meta({ description: POLICY }) })
  .meta({ description: 'A CertCentral account for its own namespace.' })

export const clusterAccountSpec = z
  .object({
    ...common,
    policy: z
      .object({
        ...policy,
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

export const accountStatus = z
  .object({
    observedGeneration: z.int().min(0).optional().meta({ description: 'metadata.generation that was looked at last.' }),
    conditions,
    ordersToday: z
      .object({
        date: z.string().max(10).meta({ description: 'The UTC day, as yyyy-MM-dd.' }),
        count: z.int().min(0).meta({ description: 'Orders placed since midnight UTC.' }),
      })
      .optional()
      .meta({ description: 'Orders placed on that UTC day.' }),
    pausedUntil: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'CertCentral asked for a pause (429): no call before this time.' }),
  })
  .meta({ description: 'What the operator knows.' })

export type AccountSpec = z.infer<typeof clusterAccountSpec>
export type AccountStatus = z.infer<typeof accountStatus>
export type AccountKind = 'DigiCertAccount' | 'ClusterDigiCertAccount'

/** A DigiCertAccount or ClusterDigiCertAccount as the API server serves it. */
export type Account = {
  apiVersion?: string
  kind?: string
  metadata: Metadata
  spec: AccountSpec
  status?: AccountStatus
}
