import { z } from 'zod'
import { wire } from './wire.ts'

/** A rule over several fields: CEL for the API server, the same in TypeScript for the controller, one message. */
export type CrossFieldRule<T> = {
  /** CEL, evaluated by the API server on the object that carries it (`self`). */
  readonly rule: string
  /** What a person reads when it is broken: the field first, then what to do. */
  readonly message: string
  /** The same rule for objects that came in before it existed, or past an API server that did not check. */
  readonly holds: (self: T) => boolean
}

/** The `x-kubernetes-validations` extension for some rules. */
export const validations = (rules: readonly { rule: string; message: string }[]) => ({
  'x-kubernetes-validations': rules.map(({ rule, message }) => ({ rule, message })),
})

/**
 * A DNS name: labels of letters, digits and inner hyphens, at most 63 characters each, at least two of them; a leading
 * `*.` is allowed here and judged by product. Letters beyond ASCII are turned into A-labels before ordering.
 * Written for both RE2 (CEL) and JavaScript with the `u` flag.
 */
const NAME_PATTERN =
  '^([*][.])?([\\p{L}\\p{N}]([\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?[.])+\\p{L}([\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?$'
const NAME = new RegExp(NAME_PATTERN, 'u')

/** Whether a text is a DNS name that a certificate can carry. */
export const isDnsName = (text: string): boolean => NAME.test(text)

/** A DNS name of at most `max` characters. */
export const dnsName = (max: number, description: string, ...fields: readonly string[]) =>
  z
    .string()
    .min(1)
    .max(max)
    .meta({
      description,
      ...wire(...fields),
      ...validations([
        {
          rule: `self.matches('${NAME_PATTERN.replaceAll('\\', '\\\\')}')`,
          message: `must be a DNS name such as www.example.com or *.example.com, without scheme, port, path, underscore or trailing dot`,
        },
      ]),
    })

const LOCAL_NAME = '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'

/** The name of another object of the same namespace. */
export const objectName = (description: string) =>
  z.string().min(1).max(253).regex(new RegExp(LOCAL_NAME)).meta({ description })

/** A positive id that CertCentral gave out. */
export const wireId = (description: string) => z.int().min(1).max(2_147_483_647).meta({ description })

/** Text for people at DigiCert, on one line, and the field of the wire that it becomes. */
export const sentence = (max: number, description: string, ...fields: readonly string[]) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$/)
    .meta({ description, ...wire(...fields) })

/** A mail address, as far as a pattern can check. */
export const mailAddress = (description: string, ...fields: readonly string[]) =>
  z
    .string()
    .min(3)
    .max(254)
    .regex(/^[^\s@]+@[^\s@]+[.][^\s@]+$/)
    .meta({ description, ...wire(...fields) })

/** A country, by the two letters of ISO 3166. */
export const countryCode = (field: string) =>
  z
    .string()
    .regex(/^[A-Z]{2}$/)
    .meta({ description: 'Country, as two capital letters of ISO 3166.', ...wire(field) })

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 }

/** Milliseconds of a length of time such as 33d, 720h or 1h30m0s; the schema lets nothing else in. */
export const milliseconds = (length: string): number =>
  [...length.matchAll(/([0-9]+)([dhms])/g)].reduce(
    (sum, [, count = '0', unit = 's']) => sum + Number(count) * (UNIT_MS[unit] ?? 0),
    0,
  )

/** A length of time in days, hours, minutes and seconds, as cert-manager's users write it. */
export const span = (description: string) =>
  z
    .string()
    .max(32)
    .regex(/^([0-9]{1,6}[dhms])+$/)
    .meta({ description })

/** Whether a date in the form yyyy-MM-dd is one of the calendar. */
const isCalendarDay = (text: string): boolean => {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

export type Validity = { years?: number | undefined; days?: number | undefined; expiresOn?: string | undefined }

/** The rule that a length of time is given in one form only. */
export const oneMember = (what: string): CrossFieldRule<Validity> => ({
  rule: '[has(self.years), has(self.days), has(self.expiresOn)].filter(x, x).size() == 1',
  message: `${what} must have exactly one of years, days and expiresOn`,
  holds: ({ years, days, expiresOn }) => [years, days, expiresOn].filter((member) => member !== undefined).length === 1,
})

/** The rule that a length of time is given in years or in days. */
export const oneUnit = (what: string): CrossFieldRule<Pick<Validity, 'years' | 'days'>> => ({
  rule: 'has(self.years) != has(self.days)',
  message: `${what} must have exactly one of years and days`,
  holds: ({ years, days }) => (years === undefined) !== (days === undefined),
})

/** What `validity` makes a schema for: the name of the field, and what of each member goes where. */
export type ValidityField = {
  readonly name: string
  readonly description: string
  readonly years: number
  readonly days: number
  readonly fields: Readonly<Record<'object' | 'years' | 'days' | 'expiresOn', readonly string[]>>
}

/** A length of time in one of CertCentral's three forms (docs/certcentral.md#lengths-and-dates). */
export const validity = ({ name, description, years, days, fields }: ValidityField) =>
  z
    .object({
      years: z
        .int()
        .min(1)
        .max(years)
        .optional()
        .meta({ description: 'Whole years.', ...wire(...fields.years) }),
      days: z
        .int()
        .min(1)
        .max(days)
        .optional()
        .meta({ description: 'Days.', ...wire(...fields.days) }),
      expiresOn: z
        .string()
        .regex(/^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/)
        .refine(isCalendarDay, 'must be a day of the calendar')
        .optional()
        .meta({ description: 'The last day, as yyyy-MM-dd.', format: 'date', ...wire(...fields.expiresOn) }),
    })
    .meta({ description, ...wire(...fields.object), ...validations([oneMember(name)]) })

/** One condition, as `metav1.Condition` has it. */
export const condition = z.object({
  type: z.string().max(316).meta({ description: 'Type of the condition.' }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether the condition holds.' }),
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'metadata.generation that the condition was computed from.' }),
  lastTransitionTime: z.string().max(64).meta({ description: 'When its status changed last.' }),
  reason: z.string().max(1024).meta({ description: 'Reason of the status, in one word; docs/reference.md lists all.' }),
  message: z
    .string()
    .max(32_768)
    .meta({ description: 'Message for people: what is so, and what to do, where, with which id.' }),
})

export const conditions = z
  .array(condition)
  .max(16)
  .optional()
  .meta({
    description: 'Conditions of this object; see docs/reference.md for every type and reason.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  })

export type Condition = z.infer<typeof condition>
