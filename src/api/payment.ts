import { z } from 'zod'
import { type CrossFieldRule, countryCode, objectName, sentence, validations } from './shapes.ts'
import { wire } from './wire.ts'

const CARD_FIELDS = ['number', 'expiration_month', 'expiration_year', 'cvv', 'cardholder_name']

const fields = z.object({
  method: z
    .enum(['balance', 'card', 'profile'])
    .optional()
    .meta({ description: 'How the order is paid. Absent: the default of the account.', ...wire('payment_method') }),
  creditCardSecretRef: z
    .object({ name: objectName('Name of the Secret, in this namespace.') })
    .optional()
    .meta({
      description: `Secret with the card, for method card and products whose order page asks for the card: ${CARD_FIELDS.join(', ')} in its data. It is read while ordering and kept nowhere.`,
      ...wire('credit_card', ...CARD_FIELDS.map((name) => `credit_card.${name}`)),
    }),
  billingAddress: z
    .object({
      address: sentence(255, 'Street address.', 'billing_address.address'),
      address2: sentence(255, 'Second line of it.', 'billing_address.address2').optional(),
      city: sentence(128, 'City.', 'billing_address.city'),
      state: sentence(128, 'State or province, where the country has them.', 'billing_address.state').optional(),
      country: countryCode('billing_address.country'),
      zip: sentence(40, 'Postal code, where the country has them.', 'billing_address.zip').optional(),
    })
    .optional()
    .meta({
      description: 'Billing address of the card; required with creditCardSecretRef.',
      ...wire('billing_address'),
    }),
  vatNumber: sentence(64, 'VAT number.', 'vat_number').optional(),
  competitiveReplacement: z
    .object({
      applyCrDiscount: z
        .boolean()
        .default(true)
        .meta({
          description: 'Apply the discount that is available for the names, by the first order only.',
          ...wire('apply_cr_discount'),
        }),
      serialNumber: sentence(
        128,
        'Serial number of the certificate that is replaced. Absent: DigiCert looks for one in the CT logs.',
        'serial_number',
      ).optional(),
    })
    .optional()
    .meta({ description: 'Discount for replacing a certificate of another CA.' }),
})

type Payment = z.infer<typeof fields>

export const PAYMENT_RULES: readonly CrossFieldRule<Payment>[] = [
  {
    rule: "!has(self.creditCardSecretRef) || (has(self.method) && self.method == 'card')",
    message: 'payment.creditCardSecretRef needs payment.method card: no other method uses a card',
    holds: ({ method, creditCardSecretRef }) => creditCardSecretRef === undefined || method === 'card',
  },
]

export const payment = fields.meta({ description: 'Who pays, and how.', ...validations(PAYMENT_RULES) })
