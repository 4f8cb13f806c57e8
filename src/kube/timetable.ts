import { createHeap } from './heap.ts'

/** Keys that are due at a time; each key once. */
export type Timetable = {
  put: (key: string, at: number) => void
  /** When the key is due, or undefined. */
  at: (key: string) => number | undefined
  remove: (key: string) => void
  /** Takes out all keys that are due by then, the earliest first. */
  takeDue: (now: number) => string[]
  /** The key that is due first, or undefined. */
  first: () => string | undefined
  /** When the next key is due, or undefined. */
  next: () => number | undefined
  size: () => number
}

export function createTimetable(): Timetable {
  const times = new Map<string, number>()
  const heap = createHeap<{ key: string; at: number }>((entry) => entry.at)

  // Moved and removed keys leave their old entry in the heap, where it is dropped when it comes up.
  function earliest(): { key: string; at: number } | undefined {
    for (let top = heap.peek(); top; top = heap.peek()) {
      if (times.get(top.key) === top.at) return top
      heap.pop()
    }
    return undefined
  }

  function takeDue(now: number): string[] {
    const due: string[] = []
    for (let top = earliest(); top && top.at <= now; top = earliest()) {
      heap.pop()
      times.delete(top.key)
      due.push(top.key)
    }
    return due
  }

  return {
    takeDue,
    put: (key, at) => {
      if (times.get(key) === at) return
      times.set(key, at)
      heap.push({ key, at })
      if (heap.size() > 64 && heap.size() > 4 * times.size) heap.keep((entry) => times.get(entry.key) === entry.at)
    },
    at: (key) => times.get(key),
    remove: (key) => times.delete(key),
    first: () => earliest()?.key,
    next: () => earliest()?.at,
    size: () => times.size,
  }
}
