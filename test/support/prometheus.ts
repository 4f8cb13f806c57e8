import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endChild, logTail, runningPid, startChild } from './child.ts'
import { freePort } from './free-port.ts'
import { guardedDirectory } from './guard.ts'
import { waitFor } from './wait-for.ts'

/** One series of an answer, with its value at the moment of the question. */
export type Series = { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }
/** An alert that is pending or firing. */
export type ActiveAlert = { readonly labels: Readonly<Record<string, string>>; readonly state: string }

/** A Prometheus of its own, which scrapes each second. */
export type Prometheus = {
  /** @throws Error with what Prometheus says of an expression that it does not take. */
  readonly query: (expression: string) => Promise<readonly Series[]>
  readonly alerts: () => Promise<readonly ActiveAlert[]>
  /** What became of the last scrape of each target: `up`, or the error. */
  readonly targets: () => Promise<readonly string[]>
  readonly stop: () => Promise<void>
}

/** What is scraped, and a file of rules whose `for` is cut down to a second. */
export type Watched = { readonly metricsUrl: string; readonly rules: string }

const settings = ({ metricsUrl }: Watched): string => {
  const { host, pathname } = new URL(metricsUrl)
  return JSON.stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: [
      {
        job_name: 'digicert-operator',
        metrics_path: pathname,
        honor_labels: true,
        static_configs: [{ targets: [host] }],
      },
    ],
  })
}

/**
 * Starts the `prometheus` of the PATH on a free port of 127.0.0.1. It dies with this process.
 * @throws Error with the end of its log when it is not ready in 60 s.
 */
export async function startPrometheus(watched: Watched): Promise<Prometheus> {
  const directory = guardedDirectory('prometheus')
  const place = { name: 'prometheus', directory }
  const listen = `127.0.0.1:${await freePort()}`
  // JSON is YAML.
  writeFileSync(join(directory, 'prometheus.yml'), settings(watched))
  const rules = readFileSync(watched.rules, 'utf8').replaceAll(/^( +for: ).+$/gm, '$11s')
  writeFileSync(join(directory, 'rules.yaml'), rules)
  await startChild({
    ...place,
    command: 'prometheus',
    args: ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=${listen}`],
    cwd: directory,
  })
  const url = `http://${listen}`
  const isReady = async () => runningPid(place) === undefined || (await fetch(`${url}/-/ready`)).ok
  await waitFor(isReady, { what: 'ready Prometheus', limitMs: 60_000 }).catch(() => undefined)
  if (runningPid(place) === undefined) throw new Error(`prometheus did not come up; ${logTail(place)}`)
  const ask = asking(url)
  return {
    query: async (expression) => ((await ask('/query', { query: expression })) as { result: Series[] }).result,
    alerts: async () => ((await ask('/alerts')) as { alerts: ActiveAlert[] }).alerts,
    targets: async () => {
      const { activeTargets } = (await ask('/targets')) as { activeTargets: { health: string; lastError: string }[] }
      return activeTargets.map(({ health, lastError }) => (lastError === '' ? health : lastError))
    },
    stop: () => endChild(place, 'SIGTERM'),
  }
}

const asking =
  (url: string) =>
  async (path: string, parameters: Record<string, string> = {}): Promise<unknown> => {
    const answer = await fetch(`${url}/api/v1${path}?${new URLSearchParams(parameters).toString()}`)
    const { status, data, error } = (await answer.json()) as { status: string; data: unknown; error?: string }
    if (status !== 'success') throw new Error(`Prometheus refuses ${JSON.stringify(parameters)}: ${error ?? status}`)
    return data
  }
