import type { Answer } from '../http/answer.ts'
import type { Quirks } from './schema.ts'

type Members = Record<string, unknown>

/** What is answered, and by which endpoint: method and template of its path. */
type Answered = { readonly endpoint: string; readonly members: Members }

type Rewrite = (answered: Answered) => Members

const INFO = 'GET /order/certificate/{order_id}'
const LISTS = [
  'GET /order/certificate',
  'GET /order/certificate/status-changes',
  'GET /order/alternate/{alternative_order_id}',
]
const REISSUES = ['GET /order/certificate/{order_id}/reissue', 'GET /order/certificate/{order_id}/duplicate']
const ASKED_AGAIN = ['POST /order/certificate/{order_id}/reissue', 'POST /order/certificate/{order_id}/duplicate']
const CHECK = 'PUT /order/certificate/{order_id}/check-dcv'
const VALIDATION = 'GET /order/certificate/{order_id}/validation'
const ORGANIZATION = 'GET /organization/{organization_id}/validation'

/** Gives a good answer the shape that recordings of CertCentral have, as far as the settings ask for it. */
export function asRecorded(quirks: Quirks, endpoint: string, answer: Answer): Answer {
  if (!isMembers(answer.json)) return answer
  const chosen = rewrites.filter(([name]) => quirks[name] === true)
  const members = chosen.reduce((before, [, rewrite]) => rewrite({ endpoint, members: before }), answer.json)
  return { ...answer, json: quirks.emptyAsArray ? emptied(members) : members }
}

const sparse: Rewrite = ({ endpoint, members }) => {
  if (ASKED_AGAIN.includes(endpoint)) return changed(members, 'requests', each(without('status')))
  if (endpoint !== INFO) return members
  const { status, requests, id, certificate } = members
  const bare = hasOpen(requests) ? members : without('requests', 'has_pending_request')(members)
  const named = isMembers(certificate) ? { ...bare, certificate: { id: Number(id) + 1, ...certificate } } : bare
  return ['rejected', 'canceled'].includes(String(status))
    ? without('order_valid_from', 'order_valid_till')(named)
    : named
}

const oldStatusWords: Rewrite = ({ endpoint, members }) => {
  if (endpoint === INFO) return { ...members, status: String(members.status).toUpperCase() }
  if (LISTS.includes(endpoint))
    return changed(
      members,
      'orders',
      each((one) => ({ ...one, status: String(one.status).toUpperCase() })),
    )
  const approved = (one: Members): Members => (one.status === 'issued' ? { ...one, status: 'approved' } : one)
  return REISSUES.includes(endpoint) ? changed(members, 'certificates', each(approved)) : members
}

/** A word for what is proven, in the place of `complete`. */
const proven =
  (word: string) =>
  (one: Members): Members =>
    one.status === 'complete' ? { ...one, status: word } : one

const dcvWords: Rewrite = ({ endpoint, members }) => {
  if (endpoint === VALIDATION) return changed(members, 'dns_name_validations', each(proven('approved')))
  if (endpoint !== CHECK) return members
  const named = changed(members, 'dns_name_validations', each(proven('valid')))
  return members.dcv_status === 'complete' ? { ...named, dcv_status: 'valid' } : named
}

const checkDcvOf2019: Rewrite = ({ endpoint, members }) =>
  endpoint === CHECK ? without('dns_name_validations')(members) : members

const commonNameNotRepeated: Rewrite = ({ endpoint, members }) => {
  const shorter = (one: Members): Members =>
    Array.isArray(one.dns_names) ? { ...one, dns_names: one.dns_names.filter((name) => name !== one.common_name) } : one
  const ofOrder = (one: Members): Members => changed(one, 'certificate', onMembers(shorter))
  if (endpoint === INFO) return ofOrder(members)
  if (LISTS.includes(endpoint)) return changed(members, 'orders', each(ofOrder))
  return REISSUES.includes(endpoint) ? changed(members, 'certificates', each(shorter)) : members
}

const unequalTotals: Rewrite = ({ members }) =>
  changed(
    members,
    'page',
    onMembers((page) => ({ ...page, total: Number(page.total) === 0 ? 0 : Number(page.total) + 1, limit: 0 })),
  )

const contact = { id: 1, name: 'Mona Contact', email: 'mona@example.com' }

const fullValidations: Rewrite = ({ endpoint, members }) => {
  const details = { verified_contacts: [contact], verification_details: { note: 'by telephone' } }
  if (endpoint === VALIDATION)
    return changed(
      members,
      'organization_validations',
      each((one) => ({ ...one, ...details })),
    )
  if (endpoint !== ORGANIZATION) return members
  const other = { type: 'private_ssl', name: 'Private SSL', status: 'expired', validated_until: null }
  const known = each((one) => ({ ...one, ...details, approval_scope: 'organization' }))(members.validations)
  return { ...members, validations: [...(Array.isArray(known) ? (known as unknown[]) : []), other] }
}

const extra = { public_id: 'QX7', receipt_id: 4_711, has_reissues: 0, archived: '0', user_assignments: [] }

const moreFields: Rewrite = ({ endpoint, members }) => {
  if (LISTS.includes(endpoint))
    return changed(
      members,
      'orders',
      each((one) => ({ ...one, ...extra })),
    )
  if (endpoint !== INFO) return members
  const { disable_renewal_notifications: isQuiet } = members
  const price = { price: 268, number_of_sans: 1, benefits: { actual_price: '268.00' } }
  return { ...members, ...extra, ...price, disable_renewal_notifications: isQuiet === true ? 1 : 0 }
}

const certificateStatus: Rewrite = ({ endpoint, members }) => {
  if (endpoint !== INFO) return members
  const status = members.status === 'issued' ? 'approved' : 'pending'
  return changed(
    members,
    'certificate',
    onMembers((one) => ({ ...one, status })),
  )
}

const emptyAsArray: Rewrite = ({ endpoint, members }) =>
  endpoint === INFO && members.organization === undefined ? { ...members, organization: [] } : members

const TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})\+00:00$/

const zonelessDates: Rewrite = ({ members }) =>
  everywhere(members, (value) => (typeof value === 'string' ? value.replace(TIME, '$1 $2') : value)) as Members

/** In this order: what looks at words comes before what changes them. */
const rewrites: readonly (readonly [keyof Quirks, Rewrite])[] = [
  ['sparse', sparse],
  ['certificateStatus', certificateStatus],
  ['emptyAsArray', emptyAsArray],
  ['oldStatusWords', oldStatusWords],
  ['dcvWords', dcvWords],
  ['checkDcvOf2019', checkDcvOf2019],
  ['commonNameNotRepeated', commonNameNotRepeated],
  ['unequalTotals', unequalTotals],
  ['fullValidations', fullValidations],
  ['moreFields', moreFields],
  ['zonelessDates', zonelessDates],
]

function emptied(members: Members): unknown {
  return everywhere(members, (value) => (isMembers(value) && Object.keys(value).length === 0 ? [] : value))
}

/** A value with all that is in it changed, from the inside out. */
function everywhere(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return change(value.map((one) => everywhere(one, change)))
  if (!isMembers(value)) return change(value)
  return change(Object.fromEntries(Object.entries(value).map(([name, one]) => [name, everywhere(one, change)])))
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function onMembers(change: (members: Members) => Members): (value: unknown) => unknown {
  return (value) => (isMembers(value) ? change(value) : value)
}

function each(change: (members: Members) => Members): (value: unknown) => unknown {
  return (value) => (Array.isArray(value) ? value.map(onMembers(change)) : value)
}

/** A member changed, where there is one. */
function changed(members: Members, name: string, change: (value: unknown) => unknown): Members {
  return name in members ? { ...members, [name]: change(members[name]) } : members
}

function without(...names: readonly string[]): (members: Members) => Members {
  return (members) => Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)))
}

function hasOpen(requests: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(requests) ? requests : []
  return list.some((one) => isMembers(one) && ['submitted', 'pending'].includes(String(one.status)))
}
