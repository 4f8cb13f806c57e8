import { braked } from './brake.ts'
import { type Decision, wait } from './decision.ts'
import type { Observation } from './observation.ts'
import { spaced } from './repair.ts'
import * as adoption from './rules/adoption.ts'
import * as deletion from './rules/deletion.ts'
import * as gate from './rules/gate.ts'
import * as issue from './rules/issue.ts'
import * as reissue from './rules/reissue.ts'
import * as renewal from './rules/renewal.ts'
import * as track from './rules/track.ts'
import * as upkeep from './rules/upkeep.ts'
import { later } from './schedule.ts'

/** A rule looks at the facts and answers, or leaves the answer to the rules after it. Named for what it finds. */
export type Rule = (o: Observation, now: Date) => Decision | undefined

/**
 * The whole behaviour, in order; the first rule that answers wins. Each pass takes one step and looks again.
 *
 * First order, with approval and validation:
 *
 *   facts                                         decision
 *   no key                                        act  CreateKey
 *   key, no intent                                act  RecordIntent        (compare-and-swap on the status)
 *   intent, nothing asked                         look by our own id
 *   intent, CertCentral has none                  act  PlaceOrder          (mark sent, POST once, note the answer)
 *   order needs_approval                          wait AwaitingApproval    (the feed wakes it)
 *   order pending                                 act  AskValidation, then CheckValidation on a schedule
 *   order issued, Secret without it               act  StoreCertificate
 *   Secret holds it                               ready Issued
 *
 * Crash after the POST, before its answer was written down:
 *
 *   intent marked sent, no order known            look by our own id
 *   ... CertCentral has it                        act  AdoptOrder, and on as above
 *   ... CertCentral has none                      wait OutcomeUnknown, and look again; never POST by a timer
 *   ... the unknown-outcome timeout is over                   ids unique: act PlaceOrder with the same id; else stalled
 *
 * Reissued in the console, with the same key, inside the plan:
 *
 *   the feed names another certificate id         act  StoreCertificate    (the old pair stays until it is verified)
 *
 * Others change or delete the Secret again and again:
 *
 *   Secret damaged, not repaired lately           act  StoreCertificate    (at once)
 *   ... repaired a moment ago                     wait SecretModifiedByOthers (pauses double, to 30 s or 5 min)
 *   ... repaired twice, and whole                 ready SecretModifiedByOthers (for ten quiet minutes)
 */
export const RULES: readonly (readonly [name: string, rule: Rule])[] = [
  ...Object.entries({
    beingDeleted: deletion.beingDeleted,
    specIsInvalid: gate.specIsInvalid,
    finalizerIsWrong: deletion.finalizerIsWrong,
    isSuspended: gate.isSuspended,
    accountIsMissing: gate.accountIsMissing,
    secretBelongsToAnother: gate.secretBelongsToAnother,
    outputsAreStale: upkeep.outputsAreStale,
    accountIsNotReady: gate.accountIsNotReady,

    callFailed: track.callFailed,

    formerIsMissing: renewal.formerIsMissing,
    accountForbids: issue.accountForbids,
    csrIsUnusable: issue.csrIsUnusable,
    keystoresAreUnusable: issue.keystoresAreUnusable,
    keyIsForeign: issue.keyIsForeign,
    keyIsOrphaned: issue.keyIsOrphaned,
    keyIsMissing: issue.keyIsMissing,
    orderIsToBeAdopted: adoption.orderIsToBeAdopted,
    intentIsMissing: issue.intentIsMissing,
    refusedBefore: issue.refusedBefore,
    outcomeIsUnasked: issue.outcomeIsUnasked,
    severalOrdersFound: issue.severalOrdersFound,
    orderFound: issue.orderFound,
    renewedElsewhere: issue.renewedElsewhere,
    orderNotFound: issue.orderNotFound,

    nextKeyIsInUse: reissue.nextKeyIsInUse,
    keyIsUnkept: reissue.keyIsUnkept,
    orderIsNotVisible: track.orderIsNotVisible,
    checkIsRequested: track.checkIsRequested,
    lookIsDue: track.lookIsDue,
    renewedByDigiCert: renewal.renewedByDigiCert,
    orderIsOver: track.orderIsOver,
    keyIsLost: track.keyIsLost,
    approvalIsOpen: track.approvalIsOpen,
    validationIsOpen: track.validationIsOpen,
    csrIsWanted: track.csrIsWanted,
    othersAreWorking: track.othersAreWorking,

    certificateIsOnHardware: upkeep.certificateIsOnHardware,
    certificateIsNew: upkeep.certificateIsNew,
    autoReissueIsWrong: reissue.autoReissueIsWrong,
    reissueIsRunning: reissue.reissueIsRunning,
    othersReissue: reissue.othersReissue,
    renewalIsDue: reissue.renewalIsDue,
    reissueIsWanted: reissue.reissueIsWanted,
    validityIsUnknown: upkeep.validityIsUnknown,
    certificateHasExpired: upkeep.certificateHasExpired,
    namesAreHeld: reissue.namesAreHeld,
    reissueIsDue: upkeep.reissueIsDue,
    outputsAreLacking: upkeep.outputsAreLacking,
    secretIsFoughtOver: upkeep.secretIsFoughtOver,
    lookWasRefused: upkeep.lookWasRefused,
    validationWillLapse: upkeep.validationWillLapse,
    certificateIsGood: upkeep.certificateIsGood,
  }),
]

const ruled = (o: Observation, now: Date): Decision => {
  for (const [, rule] of RULES) {
    const decision = rule(o, now)
    if (decision) return decision
  }
  return wait('UnknownStatus', later(now, 60_000))
}

/**
 * What to do about an order, from the facts alone. Whatever the rules say, what spends passes the brake, no order is taken
 * over that another resource holds, and repairs of the Secret keep their pauses.
 */
export const decide = (o: Observation, now: Date): Decision =>
  spaced(o, braked(o, adoption.unlessHeld(o, ruled(o, now), now), now), now)
