/** Control characters, marks that reverse the direction of text, and the line separators of Unicode. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g

/** The sequences by which a terminal is told to do something; without their first character the rest is litter. */
const TERMINAL_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)?|[@-_])/g

const PEM_BLOCK = /-----BEGIN [\s\S]*?(?:-----END [^-]{1,64}-----|$)/g

/** Thirteen to nineteen digits in a row, perhaps in groups: the length of a card number, and of no id of CertCentral. */
const CARD_NUMBER = /\d(?:[ -]?\d){12,18}/g

/** What a cut through a character beyond the basic plane leaves behind. */
const HALF_PAIR = /[\ud800-\udbff]$/

/** More of a text than this is not even looked at. */
const LOOKED_AT = 16_384

/**
 * Text of a server made fit to be shown in a message, status or log: one line, bounded, nothing that steers a terminal,
 * no PEM and no card number.
 */
export const plainText = (text: string, maxLength: number): string => {
  const clean = text
    .slice(0, LOOKED_AT)
    .replace(TERMINAL_SEQUENCE, '')
    .replace(PEM_BLOCK, '[PEM]')
    .replace(CARD_NUMBER, '[redacted]')
    .replace(UNPRINTABLE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).replace(HALF_PAIR, '')}…`
}
