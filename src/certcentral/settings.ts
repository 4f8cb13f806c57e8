/** The base URL without a slash at its end. Throws a TypeError for anything but http or https, or with parts it cannot have. */
export const baseUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw new TypeError('url is no http(s) URL')
  if (url.username !== '' || url.password !== '') throw new TypeError('url holds credentials')
  if (url.search !== '' || url.hash !== '') throw new TypeError('url holds a query or a fragment')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Longer than any key that DigiCert gives out, and short enough for a header. */
const LONGEST_KEY = 1024

/** The key without the line end that Secrets often have. Throws a TypeError, without the key, if no header can hold it. */
export const headerKey = (text: string): string => {
  const key = text.trim()
  if (key.length > LONGEST_KEY) throw new TypeError(`the API key has more than ${String(LONGEST_KEY)} characters`)
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError('the API key is empty or has characters that no key has')
  return key
}

/** The keys of DigiCert have three times as many characters. */
const SHORTEST_UNMISTAKABLE = 20
const FEWEST_CHARACTERS = 10

/** Digits and capitals, or one long word with digits such as a random number in hex; none of the marks that names, hosts and paths are put together with. */
const RANDOM = /^(?=\D*\d)(?:(?=[^A-Z]*[A-Z])[^/.:@]+|[a-z0-9]{32,})$/

/**
 * Whether a text is so long and so mixed that it can be looked for in other texts: wherever it shows up it is the key. A key
 * that is a word or a name, as simulators take it, would blot out names.
 */
export const isUnmistakable = (key: string): boolean =>
  key.length >= SHORTEST_UNMISTAKABLE && new Set(key).size >= FEWEST_CHARACTERS && RANDOM.test(key)
