import type { CallRecord } from '../certcentral/index.ts'
import type { WriteObserver, WriteRecord } from '../kube/client.ts'
import { type FinishedCall, recordCall } from '../telemetry/tracing.ts'

/** A call to CertCentral as a span of the pass that made it, by the conventions of OpenTelemetry for HTTP clients. */
export const traceCall = (base: string, record: CallRecord): void =>
  recordCall(() => {
    const { operation, method, route, status, resends, waitedMs, result, kind, tookMs } = record
    const { hostname, port, protocol, pathname } = new URL(base)
    return {
      name: `${method} ${route}`,
      tookMs,
      attributes: {
        'http.request.method': method,
        'url.template': `${pathname.replace(/\/+$/, '')}${route}`,
        'server.address': hostname,
        'server.port': Number(port || (protocol === 'http:' ? 80 : 443)),
        'http.response.status_code': status,
        'http.request.resend_count': resends > 0 ? resends : undefined,
        'certcentral.operation': operation,
        'certcentral.outcome': result,
        'certcentral.budget_wait_ms': Math.round(waitedMs),
      },
      error: result === 'ok' ? undefined : (kind ?? result),
    }
  })

/**
 * A write to the API server as a span of the pass that made it. Events are sent one after the other, whichever pass they
 * are of, and belong to none.
 */
export const traceWrite: WriteObserver = (resource, record) => {
  if (resource !== 'events') recordCall(() => writeSpan(record()))
}

const writeSpan = (record: WriteRecord): FinishedCall => {
  const { method, route, dryRun, code, failure, tookMs } = record
  return {
    name: `${method} ${route}`,
    tookMs,
    attributes: {
      'http.request.method': method,
      'url.template': route,
      'http.response.status_code': code,
      'kubernetes.dry_run': dryRun,
    },
    error: failure,
  }
}
