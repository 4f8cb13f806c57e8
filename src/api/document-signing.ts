import { z } from 'zod'
import { type CrossFieldRule, mailAddress, sentence, validations } from './shapes.ts'
import { wire } from './wire.ts'

const fields = z.object({
  subject: z
    .object({
      name: sentence(128, 'Full name.', 'subject.name'),
      jobTitle: sentence(128, 'Job title.', 'subject.job_title'),
      phone: sentence(64, 'Telephone number.', 'subject.phone'),
      email: mailAddress('Mail address.', 'subject.email'),
    })
    .meta({ description: 'The person who signs.', ...wire('subject') }),
  provisioningMethod: z
    .enum(['ship_token', 'client_app', 'email'])
    .optional()
    .meta({
      description:
        'How the certificate is received. email: for a CSR, into the Secret. ship_token and client_app: on hardware, without a Secret. Absent: the setting of the account; the operator then expects hardware.',
      ...wire('cs_provisioning_method'),
    }),
  useOrganizationAsCommonName: z
    .boolean()
    .optional()
    .meta({ description: 'Name the organization as common name.', ...wire('use_org_as_common_name') }),
  shipInfo: z
    .object({
      name: sentence(128, 'Who receives it.', 'ship_info.name'),
      addr1: sentence(255, 'Street address.', 'ship_info.addr1'),
      addr2: sentence(255, 'Second line of it.', 'ship_info.addr2').optional(),
      city: sentence(128, 'City.', 'ship_info.city'),
      state: sentence(128, 'State or province.', 'ship_info.state'),
      zip: sentence(40, 'Postal code.', 'ship_info.zip'),
      country: sentence(64, 'Country.', 'ship_info.country'),
      method: z
        .enum(['STANDARD', 'EXPEDITED', 'standard', 'expedited'])
        .meta({ description: 'Speed of the shipment.', ...wire('ship_info.method') }),
    })
    .optional()
    .meta({ description: 'Where the token is sent, for provisioningMethod ship_token.', ...wire('ship_info') }),
  csaAgreedTo: z
    .boolean()
    .optional()
    .meta({ description: "Whether you agree to DigiCert's certificate services agreement.", ...wire('csa_agreed_to') }),
})

type Signing = z.infer<typeof fields>

export const SIGNING_RULES: readonly CrossFieldRule<Signing>[] = [
  {
    rule: "!has(self.shipInfo) || !has(self.provisioningMethod) || self.provisioningMethod == 'ship_token'",
    message: 'documentSigning.shipInfo needs provisioningMethod ship_token: nothing is sent otherwise',
    holds: ({ shipInfo, provisioningMethod = 'ship_token' }) =>
      shipInfo === undefined || provisioningMethod === 'ship_token',
  },
]

export const documentSigning = fields.meta({
  description: 'Required for, and only for, document_signing products.',
  ...validations(SIGNING_RULES),
})
