/** The value of a JSON text, or undefined: a body may be empty, HTML or cut, and the parser must never throw. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
