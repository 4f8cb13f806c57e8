import { createServer } from 'node:http'
import { type AddressInfo, type Socket, connect } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * How a proxy treats a CONNECT: opens the way, refuses it with a status, hangs up without a word, waits until it is told
 * to go on, or opens the way and breaks it before anything came from the server.
 */
export type Manner = 'open' | 'hang-up' | 'wait' | 'break-at-once' | number

export type ConnectProxy = {
  /** `host:port`. */
  readonly host: string
  /** What was asked of it: the target and all headers, one line each. */
  readonly asked: () => readonly string[]
  readonly behave: (manner: Manner) => void
  /** Opens the ways that wait. */
  readonly goOn: () => void
  /** Breaks the ways that are open. */
  readonly cut: () => void
  readonly close: () => Promise<void>
}

const join = (client: Duplex, server: Socket, manner: Manner): void => {
  client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
  client.pipe(server)
  server.on('data', (chunk) => {
    if (manner === 'break-at-once') client.destroy()
    else client.write(chunk)
  })
  for (const [one, other] of [
    [server, client],
    [client, server],
  ] as const) {
    one.on('error', () => undefined)
    one.on('close', () => other.destroy())
  }
}

/** A proxy on a free port of 127.0.0.1 that leads to the ports of this machine, whatever the name of the target. */
export async function startConnectProxy(): Promise<ConnectProxy> {
  let manner: Manner = 'open'
  const asked: string[] = []
  const waiting: (() => void)[] = []
  const sockets = new Set<Duplex>()
  const proxy = createServer().on('connect', (request, client) => {
    sockets.add(client)
    client.on('error', () => undefined)
    asked.push(`${request.url} ${JSON.stringify(request.headers)}`)
    const open = (): void => {
      const server = connect(Number((request.url ?? '').split(':').at(-1)), '127.0.0.1')
      server.once('connect', () => join(client, server, manner))
      server.once('error', () => client.destroy())
    }
    if (typeof manner === 'number') client.end(`HTTP/1.1 ${manner} Refused\r\ncontent-length: 0\r\n\r\n`)
    else if (manner === 'hang-up') client.destroy()
    else if (manner === 'wait') waiting.push(open)
    else open()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    asked: () => asked,
    behave: (next) => {
      manner = next
    },
    goOn: () => {
      for (const open of waiting.splice(0)) open()
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        proxy.close(() => resolve())
        proxy.closeAllConnections()
      }),
  }
}
