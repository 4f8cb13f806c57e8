/** What is published in DNS and on web servers, as far as validation looks. */
export type Zone = {
  setRecord: (record: { name: string; type: string; values: readonly string[] }) => void
  deleteRecord: (record: { name: string; type: string }) => void
  setFile: (url: string, content: string) => void
  deleteFile: (url: string) => void
  /** The values of a record; TXT look-ups follow a CNAME, as a resolver does. */
  lookup: (type: 'TXT' | 'CNAME', name: string) => readonly string[]
  file: (url: string) => string | undefined
  /** Everything, for the control API. */
  dump: () => { records: { name: string; type: string; values: readonly string[] }[]; files: Record<string, string> }
}

const longestAliasChain = 8

/** An empty internet. */
export function createZone(): Zone {
  const records = new Map<string, readonly string[]>()
  const files = new Map<string, string>()
  const direct = (type: string, name: string): readonly string[] => records.get(`${type} ${canonical(name)}`) ?? []
  return {
    setRecord: ({ name, type, values }) => records.set(`${type.toUpperCase()} ${canonical(name)}`, values),
    deleteRecord: ({ name, type }) => records.delete(`${type.toUpperCase()} ${canonical(name)}`),
    setFile: (url, content) => files.set(url.toLowerCase(), content),
    deleteFile: (url) => files.delete(url.toLowerCase()),
    lookup: (type, name) => direct(type, type === 'TXT' ? followAliases(direct, name) : name),
    file: (url) => files.get(url.toLowerCase()),
    dump: () => ({
      records: [...records].map(([key, values]) => {
        const [type = '', name = ''] = key.split(' ')
        return { name, type, values }
      }),
      files: Object.fromEntries(files),
    }),
  }
}

function followAliases(direct: (type: string, name: string) => readonly string[], name: string): string {
  let target = name
  for (let hops = 0; hops < longestAliasChain; hops += 1) {
    const alias = direct('CNAME', target)[0]
    if (alias === undefined) return target
    target = alias
  }
  return target
}

/** Lower case and without the final dot. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
