import type { Fields, Log } from '../../../../src/telemetry/log.ts'

export type Line = { readonly level: string; readonly message: string; readonly fields: Fields }

/** A log that keeps its lines. */
export function recordingLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = []
  const at =
    (level: string) =>
    (message: string, fields: Fields = {}): void => {
      lines.push({ level, message, fields })
    }
  const log = { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), with: () => log }
  return log
}
