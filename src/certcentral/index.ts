export { type CertCentral, type CertCentralOptions, type Reservation, createCertCentral } from './client.ts'
export { type Clock, systemClock } from './clock.ts'
export { MAX_STATUS_CHANGES_SECONDS } from './endpoints.ts'
export { CertCentralError, type ErrorEntry, type ErrorKind, type RequestOutcome } from './errors.ts'
export { headerKey, isUnmistakable } from './http.ts'
export {
  type RateLimiter,
  type RateLimiterOptions,
  type RateLimiterState,
  type RateLimiterTotals,
  createRateLimiter,
} from './rate-limiter.ts'
export type { Priority } from './rate-windows.ts'
export type { CallOptions, CallRecord } from './request-pipeline.ts'
export {
  type DcvCheck,
  type DcvRandomValue,
  type DomainInfo,
  type ListedOrder,
  type NameSearch,
  type NameValidation,
  ORDER_WORDS,
  type OrderInfo,
  type OrderRequest,
  type OrderStatus,
  type OrderSummary,
  type OrderValidation,
  type OrderWord,
  type OrganizationValidation,
  type PlacedDomain,
  type PlacedOrder,
  type Reissue,
  type RequestInfo,
  type RequestSummary,
  type Revocation,
  type RevocationReason,
  type RevocationResult,
  type User,
} from './types.ts'
