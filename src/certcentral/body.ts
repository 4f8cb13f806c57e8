import type { Readable } from 'node:stream'
import type { Reply } from './classify.ts'
import type { Deadline } from './deadline.ts'

/**
 * Reads a body of at most `maxBytes` (after decompression) as UTF-8. Never throws: that a body broke is a fact about the
 * answer, whose status is known by then.
 */
export const readBody = async (stream: Readable, maxBytes: number, deadline: Deadline): Promise<Reply['body']> => {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) return { fault: 'too-large' }
      chunks.push(chunk)
    }
  } catch {
    return { fault: deadline.ended() ?? 'cut' }
  }
  return { text: new TextDecoder().decode(Buffer.concat(chunks)) }
}
