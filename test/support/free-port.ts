import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/*
 * Below the range from which Linux takes the ports of outgoing connections, so that a server which is restarted finds
 * its port free although thousands of connections came and went.
 */
const LOWEST = 20_000
const HIGHEST = 32_000

/** A port of 127.0.0.1 on which nothing listens at this moment. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
