import type { DomainInfo, OrganizationValidation } from './answers.ts'
import type { CallOptions, Calls } from './calls.ts'
import { idPart, readObject } from './endpoints.ts'
import * as schemas from './schemas.ts'

/** Until when what was proven of a domain serves (docs/certcentral.md#how-long-a-validation-serves). */
export const domainInfo =
  ({ call }: Calls) =>
  async (domainId: number, options?: CallOptions): Promise<DomainInfo> => {
    const operation = 'domainInfo'
    const query = { include_dcv: 'true', include_validation: 'true' }
    const path = `/domain/${idPart(operation, domainId)}`
    return readObject(operation, await call({ operation, method: 'GET', path, query }, options), schemas.domainInfo)
  }

/** What an organization is validated for, and until when (docs/certcentral.md#how-long-a-validation-serves). */
export const organizationValidations =
  ({ call }: Calls) =>
  async (organizationId: number, options?: CallOptions): Promise<OrganizationValidation[]> => {
    const operation = 'organizationValidations'
    const path = `/organization/${idPart(operation, organizationId)}/validation`
    const answer = await call({ operation, method: 'GET', path }, options)
    return readObject(operation, answer, schemas.organizationValidations)
  }
