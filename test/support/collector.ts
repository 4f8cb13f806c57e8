import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean }
type Attribute = { key: string; value: Value }
type WireSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Attribute[]
  events?: { name: string; attributes: Attribute[] }[]
  status: { code?: number; message?: string }
}
type Export = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: WireSpan[] }[] }[]
}

export type Facts = Readonly<Record<string, string | number | boolean | undefined>>

/** A span as it was received. */
export type ReceivedSpan = {
  readonly traceId: string
  readonly id: string
  readonly parent: string | undefined
  readonly name: string
  readonly from: bigint
  readonly to: bigint
  readonly facts: Facts
  readonly events: readonly { name: string; facts: Facts }[]
  readonly error: string | undefined
}

/** A collector of traces: OTLP over HTTP, as JSON. */
export type Collector = {
  readonly url: string
  readonly spans: () => ReceivedSpan[]
  /** Attributes of the resource of the last export. */
  readonly resource: () => Facts
  /** Everything that was received, headers and bodies, as it came. */
  readonly received: () => string
  /** What is answered from now on; `silence` answers nothing. */
  readonly answer: (how: number | 'silence') => void
  readonly close: () => Promise<void>
}

const factsOf = (attributes: readonly Attribute[] = []): Facts =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue),
    ]),
  )

const spanOf = (span: WireSpan): ReceivedSpan => ({
  traceId: span.traceId,
  id: span.spanId,
  parent: span.parentSpanId === '' ? undefined : span.parentSpanId,
  name: span.name,
  from: BigInt(span.startTimeUnixNano),
  to: BigInt(span.endTimeUnixNano),
  facts: factsOf(span.attributes),
  events: (span.events ?? []).map(({ name, attributes }) => ({ name, facts: factsOf(attributes) })),
  error: span.status.code === 2 ? (span.status.message ?? '') : undefined,
})

export async function startCollector(): Promise<Collector> {
  let how: number | 'silence' = 200
  const bodies: string[] = []
  const headers: string[] = []
  const server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      headers.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
      if (how === 'silence') return
      if (how === 200) bodies.push(body)
      response.writeHead(how, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const exports = () => bodies.map((body) => JSON.parse(body) as Export)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () =>
      exports().flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(spanOf))),
      ),
    resource: () => factsOf(exports().at(-1)?.resourceSpans[0]?.resource.attributes),
    received: () => [...headers, ...bodies].join('\n'),
    answer: (next) => {
      how = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
