/**
 * Every reason that a condition of a DigiCertOrder can carry, with the sentence that the docs print. The same word is
 * the reason of the Event that announces it.
 */
export const ORDER_REASONS = {
  Issued: 'The Secret holds a certificate that fits its key and the spec, and that has not expired.',
  Deleting:
    'The DigiCertOrder is being deleted; what spec.deletionPolicy says is done at CertCentral, and nothing else.',
  Suspended: 'spec.suspend is set: nothing is ordered, reissued or renewed. Its expiry is still reported.',
  AdoptionRefused:
    'The order that spec.adoptOrderId names cannot be taken over; the message says why. Nothing was bought.',
  DeletionBlocked:
    'What spec.deletionPolicy asks for cannot be done at CertCentral, and the object waits. Set it to Retain to let the object go without it.',
  InvalidSpec: 'The spec breaks a rule or lacks what the product needs. Correct the field that the message names.',
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
  CreatingKey: 'The operator makes the private key and stores it.',
  RecordingIntent: 'The operator writes down what it is about to buy.',
  LookingUp: 'The operator looks the order up at CertCentral.',
  Ordering: 'The operator places the order.',
  Adopting:
    'An order with the alternative order id of this resource exists at CertCentral, and the operator takes it over.',
  OutcomeUnknown:
    'The order was sent and no answer came. The operator looks it up, and never sends it again because of a timer.',
  OrderRefused: 'CertCentral refused the order; the message has all of its errors. Nothing was bought.',
  DuplicateOrders:
    'CertCentral has several orders with the alternative order id of this resource. Cancel all but one there.',
  OrderMismatch:
    'The order that CertCentral has under the alternative order id of this resource is not what the spec asks for.',
  OrderNotReadable:
    'The API key may not read the order, so the operator cannot see when it ends, is revoked or is renewed. Check the role of the key. The certificate in the Secret is good.',
  OrderNotVisible: "CertCentral does not show the order to this API key. Check the key's user, division and role.",
  CertCentralUnavailable:
    'CertCentral cannot be reached or answers with errors. The operator repeats the call; nothing is bought twice.',
  Throttled: 'CertCentral asked for a pause (429). The operator makes no call for the account until it is over.',
  AwaitingApproval: 'A person must approve the request in CertCentral.',
  AwaitingValidation:
    'DigiCert waits for control of the domains or for the organization to be validated; see status.validation.',
  AskingValidation: 'The operator asks CertCentral what it wants to validate.',
  CheckingValidation: 'The operator asks CertCentral to check the domains now.',
  SendingCSR: 'The operator sends the certificate signing request.',
  Processing: 'DigiCert is working on the order.',
  AwaitingPickup: 'The certificate waits for a person: to be picked up in CertCentral, or put on a token.',
  UnknownStatus:
    'CertCentral uses an order status that this version does not know; the operator goes on polling the order.',
  StoringCertificate: 'The operator downloads, verifies and stores the certificate.',
  BadCertificate:
    'CertCentral answered with a certificate that does not fit. The operator leaves the Secret as it was, and downloads the certificate again.',
  PrivateKeyMissing: 'The order exists, but the private key it was placed with is not in the cluster.',
  ReissuedElsewhere:
    'The newest certificate of the order was made with a key that is not kept here, by another cluster with this clusterId or by a person. The Secret keeps its own good pair.',
  HeldByBrake:
    'The operator would buy or reissue sooner, or more often, than its brake lets it. Nothing was sent; the message says until when, and how to let one step pass.',
  OrderRejected:
    'The order was rejected in CertCentral. It cost nothing. Edit the spec, and the operator places a new order.',
  OrderCanceled: 'The order was canceled in CertCentral.',
  OrderRevoked: 'The order was revoked in CertCentral.',
  OrderExpired: 'The plan has ended.',
  Reissuing: 'The operator asks for a new certificate of the order, at no cost. The old one stays until it is there.',
  ReissueRefused:
    'CertCentral refused the reissue; the message has all of its errors. The certificate in the Secret stays.',
  ReissueRejected:
    'The reissue was rejected or canceled in CertCentral. The certificate in the Secret stays. Edit the spec or request a reissue, and the operator tries again.',
  NameRemovalBlocked:
    'Names were taken out of the spec and stay in the certificate: without them DigiCert would revoke every earlier certificate. Set spec.reissue.allowNameRemoval to remove them all the same.',
  SwitchingAutoReissue: "The operator switches DigiCert's automatic reissue of the order on or off.",
  AwaitingRenewal:
    'renewal.byDigiCert is set: DigiCert renews the order, and the operator takes that renewal over. The operator buys none.',
  ClockSkew:
    "The clock of the operator is ahead of CertCentral's: by it an order that was just bought is to be renewed already. The operator buys no more. Set its clock right.",
  RenewedElsewhere: 'Another client or a person renewed the order. The operator buys no second renewal.',
  ReissueDue: 'The certificate should be reissued: it ends soon, or the spec asks for other names.',
  ValidationLapsing:
    'The validation of a domain or of the organization ends before the next certificate is due, which would wait for it. Renew the validation in CertCentral; the present certificate is not affected.',
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
    "A DigiCertOrder is being deleted and nothing is left to do at CertCentral, but the operator may not remove its finalizer. The Event regards the operator's Deployment, and its message has the command that lets the object go.",
  RevocationRequested:
    'A DigiCertOrder was deleted, and CertCentral revokes its order or certificate only once an administrator approves the request that the message names. The Event regards the order, and the Deployment of the operator.',
  OrderLeft:
    "A DigiCertOrder was deleted although what spec.deletionPolicy asks for was not done. The Event regards the operator's Deployment, and its message says what to do in CertCentral.",
} as const

export type EventReason = keyof typeof EVENT_REASONS

/** Every reason that the Ready condition of an account can carry. */
export const ACCOUNT_REASONS = {
  KeyAccepted: 'CertCentral accepts the API key.',
  HostNotAllowed:
    'The host of spec.url is not one that the flags of the operator allow (--allowed-hosts, --allow-http).',
  InvalidAccount: 'The account breaks a rule of its schema.',
  SecretNotFound: 'The Secret of spec.apiKeySecretRef, or its key, does not exist.',
  KeyRefused: 'CertCentral refuses the API key, which is wrong or was revoked.',
  Unreachable: 'CertCentral cannot be reached or answers with errors.',
  NotChecked: 'The operator has not tried the API key yet.',
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
