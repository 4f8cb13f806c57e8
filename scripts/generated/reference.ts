import { KINDS, type Schema, schemaOf } from '../../src/api/crds.ts'
import {
  ANNOTATIONS,
  FIELD_MANAGER,
  GROUP,
  KEY_SECRET_TYPE,
  MANAGED,
  MANAGED_LABEL,
  ORDER_AGAIN,
  RELEASE_BRAKE,
  VERSION,
} from '../../src/api/names.ts'
import { ACCOUNT_REASONS, EVENT_REASONS, ORDER_REASONS } from '../../src/api/reasons.ts'
import { ORDER_PAGES } from '../../src/api/pages.ts'
import { PRODUCTS, type Longest, type ProductRules } from '../../src/api/products.ts'
import { runCommand } from '../../src/config.ts'
import { planCommand } from '../../src/plan.ts'
import { simulatorCommand } from '../../src/simulator/command.ts'
import { quirkRows } from '../../src/simulator/quirks/schema.ts'
import { fieldTable, ruleTable } from './fields.ts'
import { flagTable } from './flags.ts'
import { code, table } from './markdown.ts'
import { pageTable } from './pages.ts'

type Kind = (typeof KINDS)[number]

const HEAD = `<!-- Generated from src/ by \`npm run generate\`; not to be edited. -->

# Reference

API group ${code(`${GROUP}/${VERSION}`)}. All three kinds are in the category \`digicert\` and have a status subresource.
\`kubectl explain dco.spec --recursive\` prints the same fields from a cluster.

- [Kinds](#kinds): ${KINDS.map(({ kind }) => `[${kind}](#${kind.toLowerCase()})`).join(', ')}
- [Conditions](#conditions): [reasons of an order](#reasons-of-an-order), [reasons of an account](#reasons-of-an-account)
- [Fields of CertCentral](#fields-of-certcentral), [products](#products)
- [Labels, annotations and Secrets](#labels-annotations-and-secrets)
- [Command line](#command-line)
`

const columnTable = ({ columns }: Kind): string =>
  table(
    ['Column', 'From', 'Shown'],
    columns.map(({ name, jsonPath, priority }) => [name, code(jsonPath), priority ? 'with `-o wide`' : 'always']),
  )

const part = (title: string, body: string): string => (body === '' ? '' : `\n#### ${title}\n\n${body}\n`)

const schemas = ({ spec, status }: Kind): { spec: Schema; status: Schema } => ({
  spec: schemaOf(spec),
  status: schemaOf(status),
})

const ofObject = ({ rules = [] }: Kind): Schema => ({ 'x-kubernetes-validations': rules })

const rulesOf = (kind: Kind, spec: Schema): string => {
  const ofSpec = ruleTable('spec', spec)
  const whole = ruleTable('metadata', ofObject(kind))
  return whole === '' ? ofSpec : `${ofSpec}\n${whole.split('\n').slice(2).join('\n')}`
}

const kindSection = (kind: Kind): string => {
  const { spec, status } = schemas(kind)
  return [
    `\n### ${kind.kind}\n\n${spec.description ?? ''} ${kind.scope}, short name ${code(kind.shortName)}.\n`,
    part(`Fields of a ${kind.kind}'s spec`, fieldTable('spec', spec)),
    part(`Rules of a ${kind.kind}`, rulesOf(kind, spec)),
    part(`Fields of a ${kind.kind}'s status`, fieldTable('status', status)),
    part(`Columns of \`kubectl get ${kind.shortName}\``, columnTable(kind)),
  ].join('')
}

/** What each condition type answers; the words True and False are those of the API. */
const CONDITION_TYPES: readonly (readonly [kind: string, type: string, meaning: string])[] = [
  [
    'DigiCertOrder',
    'Ready',
    'Does the Secret hold a certificate that fits key and spec and has not expired? Stays True while a newer one is being made, and turns False when the order was revoked.',
  ],
  [
    'DigiCertOrder',
    'Issuing',
    'Is work under way, by the operator, by DigiCert or by a person? Its reason and message say what is waited for.',
  ],
  [
    'DigiCertOrder',
    'Stalled',
    'Present, and True, when nothing goes on without a person and the Secret holds no good certificate.',
  ],
  ['account', 'Ready', 'Can the account be used? The message says whose key it is, or what is wrong.'],
  ['account', 'Stalled', 'Present, and True, when nothing goes on until a person changes the account or its API key.'],
]

const reasonTable = (reasons: Readonly<Record<string, string>>): string =>
  table(
    ['Reason', 'Meaning'],
    Object.entries(reasons).map(([reason, sentence]) => [code(reason), sentence]),
  )

const conditionSection = (): string => `
## Conditions

${table(
  ['Of', 'Type', 'Meaning'],
  CONDITION_TYPES.map(([kind, type, meaning]) => [kind, code(type), meaning]),
)}

The Event that announces a change has the reason of the condition as its own.

### Reasons of an order

${reasonTable(ORDER_REASONS)}

### Reasons of an account

${reasonTable(ACCOUNT_REASONS)}

### Reasons of Events alone

${reasonTable(EVENT_REASONS)}
`

const VALIDATES: Readonly<Record<ProductRules['validation'], string>> = {
  dv: 'the domain (DV)',
  ov: 'the organization (OV)',
  ev: 'the organization at length (EV)',
  ds: 'a signer of documents',
  unknown: 'not known',
}

const WILDCARDS: Readonly<Record<ProductRules['wildcard'], string>> = {
  no: 'none',
  yes: 'allowed',
  only: 'the common name must be one',
}

const longest = (bound: Longest): string => `${String(bound.years)} years, or ${String(bound.days)} days`

/** What an application team asks first of a product: what is validated, which names it takes, how long it lasts. */
const productTable = (): string =>
  table(
    ['Product', 'DigiCert validates', 'Wildcard names', 'Longest order', 'Multi-year Plan', 'Page'],
    Object.entries(PRODUCTS).map(([id, rules]) => [
      code(id),
      VALIDATES[rules.validation],
      WILDCARDS[rules.wildcard],
      rules.order ? longest(rules.order) : '3 years',
      rules.plan,
      rules.pages.join(', '),
    ]),
  )

const pagesSection = (): string => `
## Fields of CertCentral

What a person fills in on the order pages of the Services API, and where it stands in a DigiCertOrder. The last rows are
fields that DigiCert knows and these pages do not.

${table(
  ['Page', 'About', 'Products'],
  Object.entries(ORDER_PAGES).map(([page, { title, products }]) => [page, title, products.map(code).join(', ')]),
)}

${pageTable()}

## Products

The products of these pages. An id that is not among them is sent as it is, under the rules of the ids that begin alike; CertCentral
says whether it sells it. \`curl -H "X-DC-DEVKEY: $CERTCENTRAL_API_KEY" https://www.digicert.com/services/v2/product\` lists what your
account may buy.

${productTable()}
`

const ANNOTATION_MEANINGS: Readonly<Record<keyof typeof ANNOTATIONS, string>> = {
  owner: 'The DigiCertOrder, of the same namespace, that the Secret belongs to.',
  clusterId: 'Id of the cluster whose DigiCertOrder that is (--cluster-id).',
  orderId: 'Id of the order at CertCentral.',
  certificateId: 'Id of the certificate at CertCentral.',
  serialNumber: 'Serial number of the certificate.',
  notAfter: 'When the certificate expires.',
  outputs:
    'Seal of what secretTemplate, additionalOutputFormats and keystores asked for; by it the operator sees what is out of step.',
}

const namesSection = (): string => `
## Labels, annotations and Secrets

${table(
  ['Name', 'On', 'Meaning'],
  [
    [
      code(`${MANAGED_LABEL}: '${MANAGED}'`),
      'Secrets',
      'Label of every Secret that the operator wrote; it watches these and no others.',
    ],
    ...Object.entries(ANNOTATIONS).map(([key, name]) => [
      code(name),
      'Secrets',
      ANNOTATION_MEANINGS[key as keyof typeof ANNOTATIONS],
    ]),
    [
      code(RELEASE_BRAKE),
      'DigiCertOrders',
      'Set by a person to let one purchase or reissue past the brake: the id of the order that the message names, with a suffix such as -2 where that was used before. It also lets renewal.before reach into the first half of the plan of that order.',
    ],
    [
      code(ORDER_AGAIN),
      'DigiCertOrders',
      'Set by a person to have an order placed again. Its value names what is given up: the id of an order that is over or, where the outcome of an order stayed unknown, the alternative order id that the message names.',
    ],
  ],
)}

The Secret of an order has the type \`kubernetes.io/tls\` with \`tls.crt\` (the certificate, then its intermediates),
\`tls.key\` and \`ca.crt\`; with \`spec.csrSecretRef\` the type \`Opaque\`, without \`tls.key\`. The private key, or that CSR, of each purchase is also kept in a Secret \`<order>-key-<purchase>\` of type
${code(KEY_SECRET_TYPE)}, which goes when the DigiCertOrder goes. Every write has the field manager ${code(FIELD_MANAGER)}.
`

const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'Stopped by SIGTERM or SIGINT: work was handed back and the Lease released.'],
  ['1', 'It could not start: one line on stderr says which flag or what else is wrong.'],
  [
    '2',
    'Leadership was lost, or the database of the cluster was restored; the process ends at once, so that two never work on the same orders, and none on what is no longer so.',
  ],
  [
    '3',
    'An error that nobody handled: the last line on stderr, in the form of the log, says which. Started again, it goes on where it was.',
  ],
]

const commandSection = (): string => `
## Command line

### digicert-operator run

The operator. A flag wins over its environment variable.

${flagTable(runCommand(() => Promise.resolve(), { podNamespace: undefined }))}

${table(
  ['Exit code', 'Meaning'],
  EXIT_CODES.map(([exit, meaning]) => [code(exit), meaning]),
)}

### digicert-operator simulator

A CertCentral to try the operator against; nothing is bought. It prints one line of JSON with its addresses once it
listens.

${flagTable(simulatorCommand())}

\`--quirks all\` turns all of these settings on; \`PUT /simulator/settings\` with \`{"quirks": {"sparse": true}}\` sets single ones.
What they do was recorded of CertCentral, or stands in its older pages:

${table(
  ['Setting below `quirks`', 'Default', 'Meaning'],
  quirkRows.map(([name, initially, description]) => [code(name), code(initially), description]),
)}

### digicert-operator crds

Prints the CustomResourceDefinitions, for \`kubectl apply --server-side -f -\`.

### digicert-operator plan

Prints every step that the operator would take for the orders of a file, with dates, and which of them cost money. It calls
nobody. An object with its status (\`kubectl get dco shop -o yaml\`) is played on from its certificate, by the dates that
the operator keeps to; without one the plan begins today, and its dates may differ by a few days. Approvals and
validations are taken as given at once.

${flagTable(planCommand())}
`

/** The text of `docs/reference.md`. */
export const reference = (): string =>
  [
    HEAD,
    '\n## Kinds\n',
    ...KINDS.map(kindSection),
    conditionSection(),
    pagesSection(),
    namesSection(),
    commandSection(),
  ].join('')
