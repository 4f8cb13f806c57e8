import { z } from 'zod'
import { dnsName, mailAddress } from './shapes.ts'
import { wire } from './wire.ts'

/** How domain control is shown to DigiCert. */
export const dcv = z
  .object({
    method: z
      .enum(['dns-txt-token', 'dns-cname-token', 'http-token', 'email'])
      .optional()
      .meta({ description: 'How control of the domains is proven.', ...wire('dcv_method') }),
    scope: z
      .enum(['base_domain', 'fqdn'])
      .optional()
      .meta({
        description:
          'Whether the base domain or each full name is proven. As a default of the account for products whose order page has it only (docs/pages.md).',
        ...wire('certificate_dcv_scope'),
      }),
  })
  .meta({ description: 'Domain control validation (DCV).' })

const mail = z.object({
  dnsName: dnsName(253, 'Name of the order that the mail is about, spelt as there.', 'dcv_emails.dns_name'),
  emailDomain: dnsName(
    253,
    'Domain of the mail address: the base domain of that name, such as example.com.',
    'dcv_emails.email_domain',
  ),
  email: mailAddress('Address to use, where a certain one is wanted.', 'dcv_emails.email').optional(),
})

export const orderDcv = dcv
  .extend({
    emails: z
      .array(mail)
      .max(250)
      .optional()
      .meta({
        description:
          'Where each name is confirmed by mail; a list makes email the method, whatever the default of the account.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['dnsName'],
        ...wire('dcv_emails'),
      }),
    useAuthKey: z
      .boolean()
      .optional()
      .meta({
        description: 'DV only: look for a request token of the AuthKey of the account while ordering.',
        ...wire('use_auth_key'),
      }),
  })
  .meta({ description: 'Domain control validation (DCV). Fields that are absent come from the account.' })
