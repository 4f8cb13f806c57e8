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
} from './answers.ts'
export { ORDER_WORDS } from './answers.ts'
export type { Budget, BudgetOptions, BudgetState, BudgetTotals, Priority } from './budget.ts'
export { createBudget } from './budget.ts'
export type { CallOptions, CallRecord } from './calls.ts'
export type { CertCentral, CertCentralOptions, Permit } from './client.ts'
export { createCertCentral } from './client.ts'
export type { Clock } from './clock.ts'
export { systemClock } from './clock.ts'
export { MAX_STATUS_CHANGES_SECONDS } from './endpoints.ts'
export type { ErrorEntry, ErrorKind, Outcome } from './errors.ts'
export { CertCentralError } from './errors.ts'
export type { NameSearch } from './look-ups.ts'
export type { Revocation, RevocationReason } from './life.ts'
export { headerKey, isUnmistakable } from './settings.ts'
