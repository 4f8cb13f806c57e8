import { refusal } from './api-error.ts'

/** One endpoint: a method, a path with `{parameters}`, and what answers it. */
export type Route<Handler> = { readonly method: string; readonly template: string; readonly handle: Handler }

/** The route of a request, with the values of its parameters. */
export type Match<Handler> = { readonly route: Route<Handler>; readonly params: Readonly<Record<string, string>> }

/**
 * Finds the route of a path. The first that fits wins, so that fixed paths come before those with parameters.
 * @throws ApiError 404 `not_found|route`.
 */
export function match<Handler>(routes: readonly Route<Handler>[], method: string, path: string): Match<Handler> {
  for (const route of routes) {
    const params = route.method === method ? paramsOf(route.template, path) : undefined
    if (params !== undefined) return { route, params }
  }
  throw refusal(404, 'not_found|route', 'The specified route was not found.')
}

function paramsOf(template: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [template.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    if (part.startsWith('{') && value !== '') params[part.slice(1, -1)] = decodeURIComponent(value)
    else if (part !== value) return undefined
  }
  return params
}
