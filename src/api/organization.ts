import { z } from 'zod'
import { type CrossFieldRule, countryCode, sentence, validations, wireId } from './shapes.ts'
import { wire } from './wire.ts'

const fields = z.object({
  id: wireId('Id of an organization that exists. The safe way: details may be attached to a look-alike.')
    .optional()
    .meta({ ...wire('organization.id') }),
  name: sentence(255, 'Legal name of a new organization.', 'organization.name').optional(),
  assumedName: sentence(255, 'Name that it trades under.', 'organization.assumed_name').optional(),
  address: sentence(255, 'Street address.', 'organization.address').optional(),
  address2: sentence(255, 'Second line of it.', 'organization.address2').optional(),
  city: sentence(128, 'City.', 'organization.city').optional(),
  state: sentence(128, 'State or province.', 'organization.state').optional(),
  zip: sentence(40, 'Postal code.', 'organization.zip').optional(),
  country: countryCode('organization.country').optional(),
  telephone: sentence(64, 'Telephone number.', 'organization.telephone').optional(),
  skipDuplicateCheck: z
    .boolean()
    .optional()
    .meta({
      description: 'Make a new organization even where one with these details exists. Absent: use the existing one.',
      ...wire('organization.skip_duplicate_org_check'),
    }),
})

type Organization = z.infer<typeof fields>

const DETAILS = [
  'name',
  'assumedName',
  'address',
  'address2',
  'city',
  'state',
  'zip',
  'country',
  'telephone',
  'skipDuplicateCheck',
] as const
const NEEDED = ['name', 'address', 'city', 'state', 'zip', 'country', 'telephone'] as const

const has = (field: string): string => `has(self.${field})`

export const ORGANIZATION_RULES: readonly CrossFieldRule<Organization>[] = [
  {
    rule: `!has(self.id) || !(${DETAILS.map(has).join(' || ')})`,
    message: 'organization has either an id or the details of a new one, never both',
    holds: (given) => given.id === undefined || DETAILS.every((field) => given[field] === undefined),
  },
  {
    rule: `has(self.id) || (${NEEDED.map(has).join(' && ')})`,
    message: `organization needs an id, or all of ${NEEDED.join(', ')}`,
    holds: (given) => given.id !== undefined || NEEDED.every((field) => given[field] !== undefined),
  },
]

export const organization = fields.meta({
  description:
    'The organization that OV, EV and document signing certificates name. Absent: the default of the account. DV products name none; the operator leaves it out there.',
  ...wire('organization'),
  ...validations(ORGANIZATION_RULES),
})
