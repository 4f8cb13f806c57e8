/** The base URL without a slash at its end. Throws a TypeError for anything but http or https, or with parts it cannot have. */
export const baseUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) throw new TypeError('url is no http(s) URL')
  if (url.username !== '' || url.password !== '') throw new TypeError('url holds credentials')
  if (url.search !== '' || url.hash !== '') throw new TypeError('url holds a query or a fragment')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** The key without the line end that Secrets often have. Throws a TypeError, without the key, if no header can hold it. */
export const headerKey = (text: string): string => {
  const key = text.trim()
  if (!/^[\x21-\x7e]{1,1024}$/.test(key)) throw new TypeError('the API key is empty or has characters that no key has')
  return key
}
