export type {
  DcvCheck,
  DcvRandomValue,
  DomainInfo,
  ListedOrder,
  NameValidation,
  OrderInfo,
  OrderRequest,
  OrderStatus,
  OrderSummary,
  OrderValidation,
  OrderWord,
  OrganizationValidation,
  PlacedDomain,
  PlacedOrder,
  Reissue,
  RequestInfo,
  RevocationAnswer,
  RequestSummary,
  User,
} from './types.ts'
export { ORDER_WORDS } from './types.ts'
export type { Budget, BudgetOptions, BudgetState, BudgetTotals } from './rate-limiter.ts'
export { createBudget } from './rate-limiter.ts'
export type { Priority } from './rate-windows.ts'
export type { CallOptions, CallRecord } from './request-pipeline.ts'
export type { CertCentral, CertCentralOptions, Permit } from './client.ts'
export { createCertCentral } from './client.ts'
export type { Clock } from './clock.ts'
export { systemClock } from './clock.ts'
export { MAX_STATUS_CHANGES_SECONDS } from './endpoints.ts'
export type { ErrorEntry, ErrorKind, Outcome } from './errors.ts'
export { CertCentralError } from './errors.ts'
export type { NameSearch } from './order-search.ts'
export type { Revocation, RevocationReason } from './types.ts'
export { headerKey, isUnmistakable } from './http.ts'
