#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { type Config, runCommand } from './config.ts'
import { crdsCommand } from './crds.ts'
import { startIdleGc } from './idle-gc.ts'
import { startOperator } from './operator.ts'
import { planCommand } from './plan.ts'
import { simulatorCommand } from './simulator/command.ts'
import { installCrashHandler } from './telemetry/log.ts'
import { createRedactor, proxySecrets } from './telemetry/redact.ts'
import { VERSION } from './version.ts'

/** Exit codes of `run`: see docs/reference.md#command-line. */
const CONFIGURATION_ERROR = 1
const LEADERSHIP_LOST = 2

const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

const podNamespace = (): string | undefined => {
  try {
    return readFileSync(NAMESPACE_FILE, 'utf8').trim()
  } catch {
    return undefined
  }
}

const fail = (code: number, message: string): never => {
  process.stderr.write(`digicert-operator: ${message}\n`)
  process.exit(code)
}

const run = async (config: Config): Promise<void> => {
  const redactor = createRedactor()
  for (const secret of proxySecrets(process.env)) redactor.addSecret(secret)
  installCrashHandler(config.logFormat, redactor)
  const operator = await startOperator(config, { redactor }).catch((error: unknown) =>
    fail(CONFIGURATION_ERROR, error instanceof Error ? error.message : String(error)),
  )
  void operator.lost.then((reason) => fail(LEADERSHIP_LOST, `leadership was lost: ${reason}`))
  startIdleGc()
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    void operator.stop().then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

await new Command('digicert-operator')
  .description('Turns DigiCertOrders into certificates from DigiCert CertCentral, and keeps them good')
  .version(VERSION)
  .addCommand(runCommand(run, { podNamespace: podNamespace() }))
  .addCommand(simulatorCommand())
  .addCommand(crdsCommand())
  .addCommand(planCommand())
  .parseAsync()
