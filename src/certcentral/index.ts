export { type CertCentral, type CertCentralOptions, type Reservation, createCertCentral } from './client.ts'
export { type Clock, systemClock } from './clock.ts'
export { MAX_STATUS_CHANGES_SECONDS } from './endpoints.ts'
export { CertCentralError } from './errors.ts'
export { headerKey, isUnmistakable } from './http.ts'
export { type RateLimiter, type RateLimiterState, type RateLimiterTotals, createRateLimiter } from './rate-limiter.ts'
export type { Priority } from './rate-windows.ts'
export type { CallRecord } from './request-pipeline.ts'
export type {
  DcvCheck,
  ListedOrder,
  NameSearch,
  NameValidation,
  OrderInfo,
  OrderStatus,
  OrderSummary,
  OrderValidation,
  OrderWord,
  PlacedOrder,
  Reissue,
  RequestSummary,
} from './types.ts'
