/** A time as a status keeps it. */
export const dateOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))
