import { request } from 'node:https'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'

/** An object as the API server serves it, with dates as the strings that they are on the wire. */
export type Resource = {
  apiVersion?: string
  kind?: string
  metadata: {
    name: string
    namespace?: string
    uid?: string
    resourceVersion?: string
    generation?: number
    creationTimestamp?: string
    deletionTimestamp?: string
    finalizers?: string[]
    labels?: Record<string, string>
    annotations?: Record<string, string>
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string }[]
  }
  [field: string]: unknown
}

/** An answer other than 2xx. */
export class ApiServerError extends Error {
  readonly status: number
  readonly reason: string
  constructor(call: string, status: number, body: { reason?: string; message?: string }) {
    super(`${call}: ${status} ${body.message ?? ''}`)
    this.status = status
    this.reason = body.reason ?? ''
  }
}

/** One call. `body` is sent as JSON, with `contentType` where it is a patch. */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly contentType?: string
}

/**
 * Sends a call and gives the body of the answer.
 * @throws ApiServerError for an answer other than 2xx.
 */
export type Send = (call: Call) => Promise<unknown>

/**
 * Calls an API server with the rights of a kubeconfig. Each call has a connection of its own, so that a restart of the
 * server is never seen through an old one. Nothing of the operator's own client is used.
 */
export function apiServer(kubeconfig: string): Send {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  const server = config.getCurrentCluster()?.server
  if (server === undefined) throw new Error(`${kubeconfig} has no current cluster`)
  return async (call) => {
    const options: RequestOptions = { method: call.method, agent: false, timeout: 30_000 }
    await config.applyToHTTPSOptions(options)
    const headers = {
      ...(options.headers as Record<string, string> | undefined),
      accept: 'application/json',
      'content-type': contentType(call),
    }
    return send(new URL(server + call.path), { ...options, agent: false, headers }, call)
  }
}

const contentType = (call: Call): string => call.contentType ?? 'application/json'

function send(url: URL, options: RequestOptions, call: Call): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.once('error', reject)
      response.once('end', () => {
        const status = response.statusCode ?? 0
        const body = parse(text)
        if (status < 300) resolve(body)
        else reject(new ApiServerError(`${call.method} ${call.path}`, status, body as { message?: string }))
      })
    })
    sent.once('timeout', () => sent.destroy(new Error(`${call.method} ${call.path}: no answer in 30 s`)))
    sent.once('error', reject)
    sent.end(call.body === undefined ? undefined : JSON.stringify(call.body))
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { message: text }
  }
}
