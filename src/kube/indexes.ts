/** Named functions that answer under which values an object is to be found. */
export type Indexers<T> = Readonly<Record<string, (object: T) => readonly string[]>>

/** Which keys have a value, for each named index. */
export type Indexes<T> = {
  put: (key: string, object: T) => void
  remove: (key: string) => void
  /** Throws for an index that was never declared: a misspelt name would look like an empty one. */
  keys: (index: string, value: string) => string[]
}

export function createIndexes<T>(indexers: Indexers<T>): Indexes<T> {
  const indexes = Object.entries(indexers).map(([name, valuesOf]) => [name, createIndex(valuesOf)] as const)
  const byName = new Map(indexes)
  return {
    put: (key, object) => indexes.forEach(([, index]) => index.put(key, object)),
    remove: (key) => indexes.forEach(([, index]) => index.remove(key)),
    keys: (name, value) => {
      const index = byName.get(name)
      if (!index) throw new Error(`no index is named ${name}`)
      return index.keys(value)
    },
  }
}

type Index<T> = {
  put: (key: string, object: T) => void
  remove: (key: string) => void
  keys: (value: string) => string[]
}

function createIndex<T>(valuesOf: (object: T) => readonly string[]): Index<T> {
  const keysByValue = new Map<string, Set<string>>()
  const valuesByKey = new Map<string, readonly string[]>()

  function remove(key: string): void {
    for (const value of valuesByKey.get(key) ?? []) {
      const keys = keysByValue.get(value)
      keys?.delete(key)
      if (keys?.size === 0) keysByValue.delete(value)
    }
    valuesByKey.delete(key)
  }

  function add(key: string, value: string): void {
    const keys = keysByValue.get(value) ?? new Set()
    keysByValue.set(value, keys.add(key))
  }

  return {
    remove,
    put: (key, object) => {
      remove(key)
      const values = valuesOf(object)
      if (values.length === 0) return
      valuesByKey.set(key, values)
      for (const value of values) add(key, value)
    },
    keys: (value) => [...(keysByValue.get(value) ?? [])],
  }
}
