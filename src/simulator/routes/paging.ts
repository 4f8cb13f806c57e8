const mostPerPage = 1000

/** One page of a list: `limit` (at most and by default 1000) and `offset`. */
export function paged<Item>(
  all: readonly Item[],
  query: URLSearchParams,
): { items: readonly Item[]; page: { total: number; limit: number; offset: number } } {
  const offset = whole(query.get('offset'), 0)
  const limit = Math.min(whole(query.get('limit'), mostPerPage), mostPerPage)
  return { items: all.slice(offset, offset + limit), page: { total: all.length, limit, offset } }
}

function whole(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise
}
