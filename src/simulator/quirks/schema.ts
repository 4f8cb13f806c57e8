import { z } from 'zod'

const off = (description: string) => z.boolean().default(false).meta({ description })

/**
 * Points in which recorded and documented answers of CertCentral differ from the plain ones that the simulator gives. Each
 * is a switch; what it does stands in its description, which `docs/reference.md` prints.
 */
const quirksSchema = z.strictObject({
  keyRefusal: z.enum(['403', '401']).default('403').meta({
    description: 'Status of the refusal of an unknown API key; 403 with `access_denied_invalid_key` is recorded.',
  }),
  requiredParamCodes: off(
    'A field that is missing is refused with `required_param:<field>`, not `missing_value:<field>`.',
  ),
  reissueRequires: z
    .array(z.enum(['signature_hash', 'server_platform']))
    .default([])
    .meta({ description: 'Fields of `certificate` without which a reissue is refused, as both were in 2017.' }),
  duplicateNameCode: off('Other names in a duplicate are refused with `invalid_dns_name_on_duplicate`.'),
  emptyAsArray: off('`[]` stands for every empty object, as PHP writes it, and for the organization of a DV order.'),
  sparse: off(
    'Members that need not be there are missing: the status of the request of a reissue, requests that are closed, the dates of the plan of an order that came to nothing. A certificate that is not issued has an id.',
  ),
  oldStatusWords: off('Status words are in capitals, and a reissue that was issued is `approved`.'),
  dcvWords: off('A name that is proven is `valid` or `approved`, not `complete`.'),
  checkDcvOf2019: off('check-dcv lists no names, and refuses with 400 while a proof is missing.'),
  underscoredValues: off('The random value of a CNAME begins with an underscore, and has 32 characters.'),
  commonNameNotRepeated: off('`dns_names` of an answer leaves the common name out.'),
  zonelessDates: off('Times are `YYYY-MM-DD HH:MM:SS`, in UTC, without a zone.'),
  unequalTotals: off('`page.total` counts one more than is shown, where any is shown, and `page.limit` is 0.'),
  fullValidations: off(
    'Validations have an end, verified contacts, a scope of approval and details, and are in different states.',
  ),
  moreFields: off('Answers have members that no page documents, and 0 and 1 for booleans.'),
  certificateStatus: off('The certificate of order info has a status.'),
  staleSeconds: z.number().min(0).default(0).meta({
    description:
      'For how long a request shows the order as `needs_approval` after that changed, and an order shows no link to the one that renewed it.',
  }),
  cdnHeaders: off('Answers have the headers of the CDN in front of CertCentral.'),
  blockPageEvery: z
    .int()
    .min(0)
    .default(0)
    .meta({ description: 'Each GET of that number is answered with the 403 page of the CDN, in HTML; 0 is none.' }),
})

/** Which quirks the answers have, complete. */
export type Quirks = z.infer<typeof quirksSchema>

/** No quirk but what every recording has. */
export const noQuirks: Quirks = quirksSchema.parse({})

/** Every quirk at once. */
export const allQuirks: Quirks = {
  keyRefusal: '403',
  requiredParamCodes: true,
  reissueRequires: ['signature_hash'],
  duplicateNameCode: true,
  emptyAsArray: true,
  sparse: true,
  oldStatusWords: true,
  dcvWords: true,
  checkDcvOf2019: true,
  underscoredValues: true,
  commonNameNotRepeated: true,
  zonelessDates: true,
  unequalTotals: true,
  fullValidations: true,
  moreFields: true,
  certificateStatus: true,
  staleSeconds: 30,
  cdnHeaders: true,
  blockPageEvery: 40,
}

/** For settings, where quirks that are left out stay as they were. */
export const quirksSetting = quirksSchema.default(noQuirks)

/** Name, default and description of each quirk. */
export const quirkRows: readonly (readonly [name: string, initially: string, description: string])[] = Object.entries(
  quirksSchema.shape,
).map(([name, schema]) => [name, JSON.stringify(noQuirks[name as keyof Quirks]), schema.meta()?.description ?? ''])
