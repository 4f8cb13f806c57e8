/**
 * Every reason that a condition of a DigiCertOrder can carry, with the sentence that the docs print. The same word is
 * the reason of the Event that announces it.
 */
export const ORDER_REASONS = {
  Issued: 'The Secret holds a certificate that fits its key and the spec, and that has not expired.',
  Deleting:
    'The DigiCertOrder is being deleted; what spec.deletionPolicy says is done at CertCentral, and nothing else.',
  Suspended: 'spec.suspend is set: nothing is ordered, reissued or renewed. A lapse is said all the same.',
  AdoptionRefused:
    'The order that spec.adoptOrderId names cannot be taken over; the message says why. Nothing was bought.',
  DeletionBlocked:
    'What spec.deletionPolicy asks for cannot be done at CertCentral, and the object waits. Set it to Retain to let the object go without it.',
  InvalidSpec: 'The spec breaks a rule or lacks what the product needs. Mend the field that the message names.',
  AccountNotFound: 'spec.accountRef names no account that exists. Create it, or name another one.',
  AccountNotReady: 'The account cannot be used; its own Ready condition says why.',
  DeniedByPolicy:
    "A guard rail of the account forbids the order. Change the order, or have the account's policy changed.",
  OrderLimitReached:
    'The account placed as many orders today as its policy allows, for itself or for the namespace; the order is placed after midnight UTC.',
  NameChangeLimitReached:
    'Reissues added names as often today as the policy of the account allows; the names are added after midnight UTC. The certificate in the Secret is good.',
  SecretConflict:
    'A Secret exists that the operator did not write, under the name of the target Secret or of the key Secret. It is left alone.',
  SecretClaimedByOtherOrder:
    'Another DigiCertOrder names the same Secret, and keeps it, as it has it already or is older. Choose another secretName.',
  SecretWriteDenied:
    'The cluster refused the Secret (quota, policy, permission, namespace going away); nothing was bought.',
  SecretModifiedByOthers:
    'Another client changes or deletes the Secret again and again. The operator repairs it with growing pauses and without a call to CertCentral. The message names the field manager where it is known; have that client leave the Secret alone.',
  CSRNotUsable:
    'The certificate signing request that spec.csrSecretRef names is missing, or does not fit the order. Nothing was bought.',
  KeystorePasswordMissing:
    'The Secret that holds the password of a keystore is missing or cannot be used. Key and certificate do not wait for it once they are bought; the keystores do.',
  CardNotUsable: 'The Secret that spec.payment.creditCardSecretRef names lacks a part of the card. Nothing was bought.',
  CreatingKey: 'The private key is being made and stored.',
  RecordingIntent: 'What is about to be bought is being written down.',
  LookingUp: 'CertCentral is being asked for the order.',
  Ordering: 'The order is being placed.',
  Adopting: 'An order with our own id exists at CertCentral and is being taken over.',
  OutcomeUnknown: 'The order was sent and no answer came. It is looked for, and never sent again by a timer.',
  OrderRefused: 'CertCentral refused the order; the message holds its whole list. Nothing was bought.',
  DuplicateOrders: 'CertCentral knows several orders with our own id. Cancel all but one there.',
  OrderMismatch: 'The order that CertCentral has under our own id is not what the spec asks for.',
  OrderNotReadable:
    'CertCentral refuses to tell of the order, so that its end, revocation or renewal would go unseen. Check the role of the API key. The certificate in the Secret is good.',
  OrderNotVisible: "CertCentral does not show the order to this API key. Check the key's user, division and role.",
  CertCentralUnavailable:
    'CertCentral cannot be reached or answers with errors. The call is repeated; nothing is bought twice.',
  Throttled: "CertCentral asked for a pause (429). The account's calls go on when it is over.",
  AwaitingApproval: 'A person must approve the request in CertCentral.',
  AwaitingValidation:
    'DigiCert waits for control of the domains or for the organization to be validated; see status.validation.',
  AskingValidation: 'CertCentral is being asked what it wants to validate.',
  CheckingValidation: 'CertCentral is being asked to check the domains now.',
  SendingCSR: 'The certificate signing request is being handed in.',
  Processing: 'DigiCert is working on the order.',
  AwaitingPickup: 'The certificate waits for a person: to be picked up in CertCentral, or put on a token.',
  UnknownStatus: 'CertCentral uses a status word that this version does not know; the order is watched on.',
  StoringCertificate: 'The certificate is being fetched, verified and written.',
  BadCertificate:
    'CertCentral answered with a certificate that does not fit. The Secret is left as it was; it is fetched again.',
  PrivateKeyMissing: 'The order exists, but the private key it was placed with is not in the cluster.',
  ReissuedElsewhere:
    'The newest certificate of the order was made with a key that is not kept here, by another cluster with this clusterId or by a person. The Secret keeps its own good pair.',
  HeldByBrake:
    'The operator would buy or reissue sooner, or more often, than its brake lets it. Nothing was sent; the message says until when, and how to let one step pass.',
  OrderRejected: 'The order was rejected in CertCentral. It cost nothing; edit the spec to order anew.',
  OrderCanceled: 'The order was canceled in CertCentral.',
  OrderRevoked: 'The order was revoked in CertCentral.',
  OrderExpired: 'The plan has ended.',
  Reissuing: 'A new certificate of the order is being asked for, at no cost. The old one stays until it is there.',
  ReissueRefused:
    'CertCentral refused the reissue; the message holds its whole list. The certificate in the Secret is left alone.',
  ReissueRejected:
    'The reissue was rejected or canceled in CertCentral. The certificate in the Secret is left alone; edit the spec, or ask for a reissue, to have it tried again.',
  NameRemovalBlocked:
    'Names were taken out of the spec and stay in the certificate: without them DigiCert would revoke every earlier certificate. Set spec.reissue.allowNameRemoval to let them go.',
  SwitchingAutoReissue: "DigiCert's own reissuing of the order is being switched on or off.",
  AwaitingRenewal:
    'renewal.byDigiCert is set: DigiCert renews the order, and that renewal is taken over. Nothing is bought beside it.',
  ClockSkew:
    "The clock of the operator is ahead of CertCentral's: by it an order that was just bought is to be renewed already. No more is bought; set the clock right.",
  RenewedElsewhere: 'The order was renewed by somebody else; nothing is bought beside that renewal.',
  ReissueDue: 'The certificate should be reissued: it ends soon, or the spec asks for other names.',
  ValidationLapsing:
    'The validation of a domain or of the organization ends before the next certificate is due, which would wait for it. Validate anew in CertCentral; the present certificate is not affected.',
  CertificateExpired: 'The certificate in the Secret has expired.',
} as const

export type Reason = keyof typeof ORDER_REASONS

/** Reasons of Events about an order that no condition has. */
export const EVENT_REASONS = {
  FieldIgnored:
    'A field of the spec has no effect, or DigiCert does not document it for the product. The order goes on.',
  IssuedOtherwise:
    'What came from CertCentral is not what the spec asks for: the end of the certificate or of the plan, the CA, or who renews and reissues. status.differences holds the same.',
  FinalizerHeld:
    "A DigiCertOrder is dealt with at CertCentral, and the operator may not remove its finalizer. The Event regards the operator's Deployment, and its message has the command that lets the object go.",
  RevocationRequested:
    'A DigiCertOrder went, and CertCentral revokes its order or certificate only once an administrator approves the request that the message names. The Event regards the order, and the Deployment of the operator.',
  OrderLeft:
    "A DigiCertOrder went although what spec.deletionPolicy asks for was not done. The Event regards the operator's Deployment, and its message says what to do in CertCentral.",
} as const

export type EventReason = keyof typeof EVENT_REASONS

/** Every reason that the Ready condition of an account can carry. */
export const ACCOUNT_REASONS = {
  KeyAccepted: 'CertCentral accepts the API key.',
  HostNotAllowed: 'The host of spec.url is not one that the operator was started with (--allowed-hosts, --allow-http).',
  InvalidAccount: 'The account breaks a rule of its schema.',
  SecretNotFound: 'The Secret of spec.apiKeySecretRef, or its key, does not exist.',
  KeyRefused: 'CertCentral refuses the API key, which is wrong or was revoked.',
  Unreachable: 'CertCentral cannot be reached or answers with errors.',
  NotChecked: 'The API key was not tried yet.',
} as const

export type AccountReason = keyof typeof ACCOUNT_REASONS

/**
 * Reasons under other names in statuses of versions before 0.1.0, so that a failure that one of them noted keeps its
 * back-off after an upgrade.
 */
export const FORMER_REASONS: Readonly<Record<string, Reason>> = {
  LookRefused: 'OrderNotReadable',
  SecretContested: 'SecretClaimedByOtherOrder',
  SecretRefused: 'SecretWriteDenied',
  AccountForbids: 'DeniedByPolicy',
  NameRemovalHeld: 'NameRemovalBlocked',
  KeyLost: 'PrivateKeyMissing',
  ClockAhead: 'ClockSkew',
}
