import { z } from 'zod'
import { type CrossFieldRule, mailAddress, sentence, validations, wireId } from './shapes.ts'
import { wire } from './wire.ts'

const IN_LIST = 'organization.contacts'

const contactFields = z.object({
  contactType: z
    .enum(['organization_contact', 'technical_contact', 'ev_approver'])
    .meta({ description: 'What the person is asked for.', ...wire(`${IN_LIST}.contact_type`) }),
  userId: wireId('User or contact that exists in the account.')
    .optional()
    .meta({ ...wire(`${IN_LIST}.user_id`) }),
  firstName: sentence(128, 'First name of a new contact.', `${IN_LIST}.first_name`).optional(),
  lastName: sentence(128, 'Last name of a new contact.', `${IN_LIST}.last_name`).optional(),
  jobTitle: sentence(128, 'Job title of a new contact.', `${IN_LIST}.job_title`).optional(),
  telephone: sentence(64, 'Telephone number of a new contact.', `${IN_LIST}.telephone`).optional(),
  email: mailAddress('Mail address of a new contact.', `${IN_LIST}.email`).optional(),
})

type Contact = z.infer<typeof contactFields>

const fieldsOfPerson = ({ firstName, lastName, jobTitle, telephone, email }: Contact) => [
  firstName,
  lastName,
  jobTitle,
  telephone,
  email,
]

export const CONTACT_RULES: readonly CrossFieldRule<Contact>[] = [
  {
    rule: '!has(self.userId) || !(has(self.firstName) || has(self.lastName) || has(self.jobTitle) || has(self.telephone) || has(self.email))',
    message:
      'a contact has either userId or the fields of a new contact, never both: fields beside a userId would rewrite that user',
    holds: (contact) => contact.userId === undefined || fieldsOfPerson(contact).every((field) => field === undefined),
  },
  {
    rule: 'has(self.userId) || (has(self.firstName) && has(self.lastName) && has(self.jobTitle) && has(self.telephone) && has(self.email))',
    message: 'a contact without userId needs firstName, lastName, jobTitle, telephone and email',
    holds: (contact) => contact.userId !== undefined || fieldsOfPerson(contact).every((field) => field !== undefined),
  },
]

const person = (at: string, description: string) =>
  z
    .object({
      firstName: sentence(128, 'First name.', `${at}.first_name`),
      lastName: sentence(128, 'Last name.', `${at}.last_name`),
      email: mailAddress('Mail address.', `${at}.email`),
      jobTitle: sentence(128, 'Job title.', `${at}.job_title`).optional(),
      telephone: sentence(64, 'Telephone number.', `${at}.telephone`).optional(),
      telephoneExtension: sentence(16, 'Extension of it.', `${at}.telephone_extension`).optional(),
    })
    .meta({ description, ...wire(at) })

export const contacts = z
  .object({
    organization: person(
      'organization_contact',
      'Organization contact of this order, in place of the one of the organization.',
    ).optional(),
    technical: person(
      'technical_contact',
      'Technical contact of this order, in place of the one of the organization.',
    ).optional(),
    list: z
      .array(contactFields.meta({ ...validations(CONTACT_RULES) }))
      .max(16)
      .optional()
      .meta({
        description: 'Contacts of the organization. An EV product needs an ev_approver.',
        'x-kubernetes-list-type': 'atomic',
        ...wire(IN_LIST),
      }),
  })
  .meta({ description: 'People for this order. DV products know the technical contact only.' })
