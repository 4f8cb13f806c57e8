import { writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { allQuirks } from './quirks/schema.ts'
import type { SettingsPatch } from './settings.ts'
import { type ApiKeyOptions, startSimulator, type Simulator } from './start.ts'

type Flags = {
  readonly listen: string
  readonly http?: true
  readonly apiKey: readonly string[]
  readonly viewOnlyApiKey: readonly string[]
  readonly tlsName: readonly string[]
  readonly caFile?: string
  readonly journal?: string
  readonly seed?: number
  readonly approval: 'none' | 'one-step' | 'two-step' | 'auto'
  readonly instant?: true
  readonly uniqueAlternativeOrderIds?: true
  readonly rateLimits?: true
  readonly quirks: 'none' | 'all'
}

const approvals = ['none', 'one-step', 'two-step', 'auto']

/** `digicert-operator simulator`: a CertCentral to try the operator against, until SIGTERM or SIGINT. */
export function simulatorCommand(): Command {
  return new Command('simulator')
    .description('runs a CertCentral to try the operator against; nothing is bought')
    .option('--listen <host:port>', 'where to listen; port 0 takes a free one', '127.0.0.1:8443')
    .option('--http', 'serves plain HTTP instead of HTTPS')
    .option('--api-key <key>', 'an API key that may do everything (repeatable; default: simulator)', collect, [])
    .option('--view-only-api-key <key>', 'an API key that may only read (repeatable)', collect, [])
    .option('--tls-name <name>', 'a further name of the server certificate (repeatable)', collect, [])
    .option('--ca-file <file>', 'writes the CA certificate that clients need to this file')
    .option('--journal <file>', 'adds everything that happens to orders to this file, as JSON lines')
    .option('--seed <number>', 'makes ids repeatable', wholeNumber)
    .addOption(new Option('--approval <mode>', 'how orders are approved').choices(approvals).default('none'))
    .option('--instant', 'takes every organization and domain as validated')
    .option('--unique-alternative-order-ids', 'refuses a second order with the same alternative id')
    .option('--rate-limits', 'enforces the documented rate limits')
    .addOption(
      new Option('--quirks <which>', 'answers as recordings of CertCentral have them, where its pages say otherwise')
        .choices(['none', 'all'])
        .default('none'),
    )
    .action(async (flags: Flags) => {
      await run(flags)
    })
}

async function run(flags: Flags): Promise<void> {
  const { listen, http, caFile, journal, seed, tlsName } = flags
  const simulator = await startSimulator({
    listen,
    protocol: http === true ? 'http' : 'https',
    tlsNames: tlsName,
    apiKeys: keysOf(flags),
    settings: settingsOf(flags),
    journalFile: journal,
    seed,
  })
  if (caFile !== undefined && simulator.caCertificate !== undefined) await writeFile(caFile, simulator.caCertificate)
  closeOnSignal(simulator)
  process.stdout.write(`${JSON.stringify({ listening: simulator.url, control: simulator.controlUrl })}\n`)
}

/** Nothing else keeps the process alive, so that it ends with exit code 0 once the server is closed. */
function closeOnSignal(simulator: Simulator): void {
  const close = (): void => {
    process.off('SIGTERM', close)
    process.off('SIGINT', close)
    void simulator.close()
  }
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
}

function keysOf({ apiKey, viewOnlyApiKey }: Flags): ApiKeyOptions[] {
  const full = apiKey.length > 0 ? apiKey : ['simulator']
  return [
    ...full.map((key) => ({ key })),
    ...viewOnlyApiKey.map((key) => ({ key, restriction: 'view-only' as const, roles: ['Standard User'] })),
  ]
}

function settingsOf(flags: Flags): SettingsPatch {
  return {
    approval: flags.approval,
    instant: flags.instant ?? false,
    uniqueAlternativeOrderIds: flags.uniqueAlternativeOrderIds ?? false,
    rateLimits: { enabled: flags.rateLimits ?? false },
    ...(flags.quirks === 'all' ? { quirks: allQuirks } : {}),
  }
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('not a whole number')
  return Number(text)
}
