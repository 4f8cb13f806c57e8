import type { Clock } from './clock.ts'

type Entry<Event> = { readonly at: number; readonly seq: number; readonly event: Event }

/** What is to happen later, in order of its time. */
export type Agenda<Event> = {
  /** Plans an event. Its handler must look at the state again: nothing is ever taken off the agenda. */
  plan: (at: number, event: Event) => void
  /** Runs what is due, oldest first, each event at its own simulated time. */
  runDue: (clock: Clock, handle: (event: Event) => void) => void
}

/** An empty agenda, kept as a binary heap because ten thousand orders plan several events each. */
export function createAgenda<Event>(): Agenda<Event> {
  const heap: Entry<Event>[] = []
  let seq = 0
  return {
    plan: (at, event) => {
      seq += 1
      push(heap, { at, seq, event })
    },
    runDue: (clock, handle) => {
      const until = clock.now()
      for (let first = heap[0]; first !== undefined && first.at <= until; first = heap[0]) {
        const { at, event } = first
        pop(heap)
        clock.at(at, () => {
          handle(event)
        })
      }
    },
  }
}

function before(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.at === b.at ? a.seq < b.seq : a.at < b.at
}

function push<Event>(heap: Entry<Event>[], entry: Entry<Event>): void {
  let index = heap.length
  heap.push(entry)
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (above === undefined || before(above, entry)) break
    heap[index] = above
    heap[parent] = entry
    index = parent
  }
}

function pop<Event>(heap: Entry<Event>[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let index = 0
  for (let child = lesserChild(heap, index); child !== undefined; child = lesserChild(heap, index)) {
    const below = heap[child]
    if (below === undefined || !before(below, last)) break
    heap[index] = below
    index = child
  }
  heap[index] = last
}

function lesserChild(heap: readonly Entry<unknown>[], index: number): number | undefined {
  const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]]
  if (left === undefined) return undefined
  return right !== undefined && before(right, left) ? 2 * index + 2 : 2 * index + 1
}
