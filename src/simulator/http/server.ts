import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { serveControl } from '../control/serve.ts'
import type { Instance } from '../instance.ts'
import type { ServerIdentity } from '../pki/tls.ts'
import { notFound } from './api-error.ts'
import { errorAnswer, serveApi } from './api.ts'
import { readIncoming } from './incoming.ts'
import { send } from './send.ts'

/** Path of the simulated API, as at DigiCert. */
export const apiPath = '/services/v2'
/** Path of the control API. */
export const controlPath = '/simulator'

/** An HTTP server, or an HTTPS server when it is given an identity. It does not listen yet. */
export function createSimulatorServer(instance: Instance, identity: ServerIdentity | undefined): Server {
  const listener: RequestListener = (request, response) => {
    serve(instance, request, response).catch((error: unknown) => {
      if (!response.headersSent && !response.destroyed) send(response, errorAnswer(error))
    })
  }
  return identity === undefined
    ? createServer(listener)
    : createSecureServer({ key: identity.key, cert: identity.certificate }, listener)
}

async function serve(instance: Instance, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const incoming = await readIncoming(request)
  response.setHeader('date', new Date(instance.world.clock.now()).toUTCString())
  const { path } = incoming
  if (path.startsWith(`${apiPath}/`)) {
    await serveApi(instance, { ...incoming, path: path.slice(apiPath.length) }, response)
  } else if (path.startsWith(`${controlPath}/`)) {
    send(response, serveControl(instance, { ...incoming, path: path.slice(controlPath.length) }))
  } else {
    send(response, errorAnswer(notFound('route')))
  }
}
