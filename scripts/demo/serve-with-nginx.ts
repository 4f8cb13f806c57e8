import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { DigiCertOrder } from '../../src/api/order.ts'
import { endChild, startChild } from '../../test/support/child.ts'
import { freePort } from '../../test/support/free-port.ts'
import { guardedDirectory } from '../../test/support/guard.ts'
import { type Kubectl, succeed } from '../../test/support/kubectl.ts'
import { waitFor } from '../../test/support/wait-for.ts'

/** What the handshake with the served certificate came to. */
export type Handshake = { readonly isGood: boolean; readonly report: string; readonly command: string }

/**
 * Serves the Secret of an order with a real nginx on 127.0.0.1 and has openssl verify chain and name of what it serves,
 * trusting nothing but `ca.crt` of that Secret.
 * @throws Error when nginx or openssl is missing or does not start.
 */
export async function serveWithNginx(kubectl: Kubectl, order: DigiCertOrder): Promise<Handshake> {
  const directory = guardedDirectory('nginx')
  await writeSecretFiles(kubectl, order, directory)
  const port = await freePort()
  writeFileSync(join(directory, 'nginx.conf'), configuration(directory, port))
  const place = { name: 'nginx', directory }
  const args = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')]
  await startChild({ ...place, command: findProgram('nginx'), args })
  try {
    return await handshake(directory, port, hostOf(order))
  } finally {
    await endChild(place, 'SIGTERM')
  }
}

/** A name that the certificate is good for. */
const hostOf = ({ spec }: DigiCertOrder): string => (spec.commonName ?? '').replace(/^\*\./, 'www.')

async function writeSecretFiles(kubectl: Kubectl, { metadata, spec }: DigiCertOrder, directory: string): Promise<void> {
  const args = ['get', 'secret', spec.secretName ?? '', '-n', metadata.namespace ?? 'default', '-o', 'json']
  const { data } = JSON.parse(await succeed(kubectl, args)) as { data: Record<string, string> }
  for (const file of ['tls.crt', 'tls.key', 'ca.crt']) {
    writeFileSync(join(directory, file), Buffer.from(data[file] ?? '', 'base64'), { mode: 0o600 })
  }
}

/* One process, so that ending it ends all of it; every path below the directory, so that it runs as anybody. */
const configuration = (directory: string, port: number): string => `
daemon off;
master_process off;
pid ${directory}/nginx.own.pid;
events {}
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate ${directory}/tls.crt;
    ssl_certificate_key ${directory}/tls.key;
    return 200 "served by nginx\\n";
  }
}
`

async function handshake(directory: string, port: number, host: string): Promise<Handshake> {
  const address = `127.0.0.1:${port}`
  const names = ['-servername', host, '-verify_hostname', host]
  const trust = ['-verify_return_error', '-CAfile', join(directory, 'ca.crt')]
  const args = ['s_client', '-brief', '-connect', address, ...names, ...trust]
  const connect = async () => {
    const { code, output } = await run(findProgram('openssl'), args)
    const isUp = code === 0 || !/refused/i.test(output)
    return isUp && { isGood: code === 0 && /Verification: OK/.test(output), report: output.trim() }
  }
  const seen = await waitFor(connect, { what: `nginx on ${address}`, limitMs: 10_000 })
  return { ...seen, command: `openssl ${args.join(' ')}` }
}

/* Debian keeps servers where only root's PATH looks. */
function findProgram(name: string): string {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = directories.find((directory) => existsSync(join(directory, name)))
  if (found === undefined) throw new Error(`${name} is not installed: scripts/setup.sh demo installs it on Debian`)
  return join(found, name)
}

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const add = (chunk: Buffer) => (output += chunk.toString())
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
