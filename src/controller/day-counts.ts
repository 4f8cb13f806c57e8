/** Orders placed on one UTC day (yyyy-MM-dd). */
export type DayCount = { date: string; count: number }

/** Orders per account and day, for the policy's `maxOrdersPerDay`. */
export type DayCounts = {
  today: (account: string) => DayCount
  /**
   * Counts an order before it is placed, where there are fewer than `most`: many orders ask at the same time, and must
   * not all find the same last place free.
   */
  claim: (account: string, most: number) => boolean
  giveBack: (account: string) => void
}

type Sources = {
  now: () => Date
  /** How many orders were placed on a day by what their statuses tell. */
  placedOn: (account: string, date: string) => number
  /** What the status of the account says. */
  written: (account: string) => DayCount | undefined
}

/** Counts in memory, beginning each day and each process with the higher of what is known from before. */
export const createDayCounts = ({ now, placedOn, written }: Sources): DayCounts => {
  const days = new Map<string, DayCount>()

  const today = (account: string): DayCount => {
    const date = now().toISOString().slice(0, 'yyyy-MM-dd'.length)
    const counted = days.get(account)
    if (counted?.date === date) return counted
    const before = written(account)
    const fresh = { date, count: Math.max(placedOn(account, date), before?.date === date ? before.count : 0) }
    days.set(account, fresh)
    return fresh
  }

  const change = (account: string, by: 1 | -1): void => {
    const { date, count } = today(account)
    days.set(account, { date, count: Math.max(0, count + by) })
  }

  return {
    today,
    claim: (account, most) => {
      if (today(account).count >= most) return false
      change(account, 1)
      return true
    },
    giveBack: (account) => change(account, -1),
  }
}
