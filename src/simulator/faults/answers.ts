import { STATUS_CODES } from 'node:http'
import type { Answer } from '../http/answer.ts'
import { blockPage } from '../quirks/cdn.ts'
import type { FaultRule } from './rules.ts'

type Substitute = (rule: FaultRule) => Answer

/** Whether the rule answers in place of the API, without any work being done. */
export function isInstead(rule: FaultRule | undefined): rule is FaultRule {
  if (rule === undefined) return false
  if (rule.action === 'drop-before' || rule.action === 'error-before') return true
  return !rule.after && ['status', 'too-many', 'html', 'xml', 'errors-object'].includes(rule.action)
}

/** The answer that a rule puts in place of the real one; undefined when it leaves the answer's words alone. */
export function substitute(rule: FaultRule | undefined): Answer | undefined {
  return rule === undefined ? undefined : substitutes[rule.action]?.(rule)
}

const serverError: Substitute = (rule) => errorAnswer(rule, { status: 500, code: 'internal_server_error' })

const substitutes: Readonly<Partial<Record<FaultRule['action'], Substitute>>> = {
  'error-before': serverError,
  'error-after': serverError,
  status: (rule) => errorAnswer(rule, { status: 400, code: 'invalid_request' }),
  'too-many': (rule) => {
    const after = rule.retryAfterSeconds
    const headers = after === undefined ? {} : { 'retry-after': String(after) }
    const message = 'Service unavailable, please limit request volume'
    return errorAnswer(
      { message, ...rule, headers: { ...headers, ...rule.headers } },
      { status: 429, code: 'request_limit_exceeded' },
    )
  },
  'errors-object': (rule) => ({
    status: rule.status ?? 400,
    json: { errors: { code: rule.code ?? 'invalid_request', message: rule.message ?? 'The request is invalid.' } },
  }),
  xml: (rule) => ({
    status: rule.status ?? 400,
    file: { contentType: 'application/xml', content: xmlOf(rule) },
    headers: rule.headers ?? {},
  }),
  html: (rule) => ({
    status: rule.status ?? 502,
    file: { contentType: 'text/html', content: rule.html ?? pageOf(rule.status ?? 502) },
    headers: rule.headers ?? {},
  }),
}

/** A refusal in the form of the API before this one. */
function xmlOf({ code = 'invalid_request', message = 'The request is invalid.' }: FaultRule): string {
  return `<?xml version="1.0"?>\n<response><result>failure</result><error_codes><error_code><code>${code}</code><description>${message}</description></error_code></error_codes></response>\n`
}

/** What a CDN shows with a 403, and a gateway with every other status. */
function pageOf(status: number): string {
  if (status === 403) return blockPage
  return `<html><body><h1>${String(status)} ${STATUS_CODES[status] ?? ''}</h1></body></html>\n`
}

function errorAnswer(rule: FaultRule, otherwise: { status: number; code: string }): Answer {
  const { status = otherwise.status, code = otherwise.code, message = 'An error happened.', headers = {} } = rule
  return { status, headers, json: { errors: Array.from({ length: rule.errors }, () => ({ code, message })) } }
}
