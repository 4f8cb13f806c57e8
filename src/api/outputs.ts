import { z } from 'zod'
import { GROUP } from './names.ts'
import { type CrossFieldRule, objectName, validations } from './shapes.ts'

type Template = { labels?: Record<string, string> | undefined; annotations?: Record<string, string> | undefined }

const OWN = `${GROUP}/`

/** A name of a label or annotation: an optional DNS prefix and a part of at most 63 characters (Kubernetes: labels). */
const QUALIFIED = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/

const keysOf = ({ labels, annotations }: Template): string[] =>
  [labels, annotations].flatMap((given) => Object.keys(given ?? {}))

const everyKey = (test: string): string =>
  ['labels', 'annotations'].map((field) => `(!has(self.${field}) || self.${field}.all(k, ${test}))`).join(' && ')

export const TEMPLATE_RULES: readonly CrossFieldRule<Template>[] = [
  {
    rule: everyKey(`!k.startsWith('${OWN}')`),
    message: `secretTemplate must not set labels or annotations of ${GROUP}/: the operator keeps them itself`,
    holds: (template) => keysOf(template).every((key) => !key.startsWith(OWN)),
  },
  {
    rule: everyKey(`k.size() <= 317 && k.matches('${QUALIFIED}')`),
    message: 'secretTemplate: a name of a label or annotation must be such as team or example.com/team',
    holds: (template) => keysOf(template).every((key) => key.length <= 317 && new RegExp(QUALIFIED).test(key)),
  },
]

/** Most labels, and most annotations, of a template. */
const MOST_ENTRIES = 32

export const secretTemplate = z
  .object({
    labels: z
      .record(z.string(), z.string().max(63).regex(LABEL_VALUE))
      .refine((labels) => Object.keys(labels).length <= MOST_ENTRIES)
      .optional()
      .meta({ description: 'Labels of the Secret.', maxProperties: MOST_ENTRIES }),
    annotations: z
      .record(z.string(), z.string().max(4096))
      .refine((annotations) => Object.keys(annotations).length <= MOST_ENTRIES)
      .optional()
      .meta({ description: 'Annotations of the Secret.', maxProperties: MOST_ENTRIES }),
  })
  .meta({
    description:
      'Labels and annotations of the Secret, such as for a tool that copies it. The operator keeps them as they are here.',
    ...validations(TEMPLATE_RULES),
  })

const OUTPUT_FORMATS = ['CombinedPEM', 'DER'] as const

export const additionalOutputFormats = z
  .array(
    z.object({
      type: z.enum(OUTPUT_FORMATS).meta({
        description: 'CombinedPEM: tls-combined.pem, private key and chain in one. DER: key.der, the key in PKCS#8.',
      }),
    }),
  )
  .max(OUTPUT_FORMATS.length)
  .meta({
    description: 'Further forms of key and certificate in the Secret, as cert-manager has them.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  })

const passwordSecretRef = z
  .object({
    name: objectName('Name of the Secret, in this namespace.'),
    key: z.string().min(1).max(253).default('password').meta({ description: 'Key in its data.' }),
  })
  .meta({ description: 'The password of the files and of the key in them: printable ASCII, without a line break.' })

const keystore = (description: string) =>
  z
    .object({
      create: z.boolean().default(true).meta({ description: 'Whether the operator makes the files.' }),
      alias: z
        .string()
        .min(1)
        .max(64)
        .regex(/^[!-~]+$/)
        .default('certificate')
        .meta({ description: 'Name of the entry that holds key and chain.' }),
      passwordSecretRef,
    })
    .optional()
    .meta({ description })

export const keystores = z
  .object({
    pkcs12: keystore(
      'keystore.p12 with key and chain, and truststore.p12 with ca.crt: AES-256 and SHA-256, for OpenSSL 3 and Java since 8u301.',
    ),
    jks: keystore(
      'keystore.jks with key and chain, and truststore.jks with ca.crt. Its protection is weak by design of the format; PKCS#12 is better wherever it can be read.',
    ),
  })
  .meta({ description: 'Keystore files for Java and others. The operator writes new ones with each certificate.' })

export type Keystore = NonNullable<NonNullable<z.infer<typeof keystores>>['pkcs12']>
