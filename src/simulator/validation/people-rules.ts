import { type ErrorEntry, invalidValue, missingValue } from '../http/api-error.ts'
import type { Product } from '../products.ts'
import type { Settings } from '../settings.ts'
import type { OrderFields } from './fields.ts'

type Organization = NonNullable<OrderFields['organization']>
type Contact = NonNullable<Organization['contacts']>[number]

/** Checks the organization of OV, EV and document signing, and the contacts. */
export function peopleErrors(product: Product, fields: OrderFields, settings: Settings): ErrorEntry[] {
  const telephone = product.page === 'old-dv' || product.page === 'geotrust-flex'
  const contact = fields.technical_contact
  const contactErrors =
    telephone && contact !== undefined && contact.telephone === undefined
      ? [missingValue('technical_contact.telephone')]
      : []
  return product.validation === 'dv'
    ? contactErrors
    : [...contactErrors, ...organizationErrors(product, fields.organization, settings)]
}

function organizationErrors(
  product: Product,
  organization: Organization | undefined,
  settings: Settings,
): ErrorEntry[] {
  if (organization === undefined) return [missingValue('organization')]
  return [
    ...identityErrors(organization, settings),
    ...(organization.contacts ?? []).flatMap((contact) => contactErrors(contact, settings)),
    ...approverErrors(product, organization.contacts ?? []),
  ]
}

function identityErrors(organization: Organization, settings: Settings): ErrorEntry[] {
  if (organization.id !== undefined) {
    const known = settings.organizations.some(({ id, isActive }) => id === organization.id && isActive)
    return known ? [] : [invalidValue('organization.id')]
  }
  if (organization.name === undefined) return [missingValue('organization.id')]
  const required = ['address', 'city', 'state', 'zip', 'country', 'telephone'] as const
  return required.filter((part) => organization[part] === undefined).map((part) => missingValue(`organization.${part}`))
}

/** A contact is a user of the account, or a person with all five fields (page 001). */
function contactErrors(contact: Contact, settings: Settings): ErrorEntry[] {
  if (contact.user_id !== undefined) return userErrors(contact, contact.user_id, settings)
  const required = ['first_name', 'last_name', 'job_title', 'telephone', 'email'] as const
  return required
    .filter((part) => contact[part] === undefined)
    .map((part) => missingValue(`organization.contacts.${part}`))
}

function userErrors(contact: Contact, userId: number, settings: Settings): ErrorEntry[] {
  const user = settings.users.find(({ id }) => id === userId)
  const suits = user !== undefined && (contact.contact_type !== 'ev_approver' || user.evApprover)
  return suits ? [] : [invalidValue('organization.contacts.user_id')]
}

function approverErrors(product: Product, contacts: readonly Contact[]): ErrorEntry[] {
  if (product.validation !== 'ev') return []
  const present = contacts.some((contact) => contact.contact_type === 'ev_approver')
  return present ? [] : [missingValue('organization.contacts.ev_approver')]
}
