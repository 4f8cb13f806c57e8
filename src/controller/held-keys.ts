import { isUnmistakable } from '../certcentral/index.ts'

/**
 * The API keys of accounts, by the account. One that CertCentral accepted is kept out of the log until its account is
 * closed; what nobody accepted may be any text, such as the name of another tenant's order.
 */
export type HeldKeys = {
  open: (account: string, apiKey: string) => void
  /** CertCentral takes the key that the account was opened with. */
  accepted: (account: string) => void
  close: (account: string) => void
  /** How many accounts are open. */
  size: () => number
}

type Opened = { apiKey: string; release?: () => void }

/** @param hold keeps a secret out of the log until what comes back is called */
export const createHeldKeys = (hold: (secret: string) => () => void): HeldKeys => {
  const opened = new Map<string, Opened>()
  const close = (account: string): void => {
    opened.get(account)?.release?.()
    opened.delete(account)
  }
  return {
    close,
    open: (account, apiKey) => {
      close(account)
      opened.set(account, { apiKey })
    },
    accepted: (account) => {
      const known = opened.get(account)
      if (known && !known.release && isUnmistakable(known.apiKey)) known.release = hold(known.apiKey)
    },
    size: () => opened.size,
  }
}
