import { AlwaysOffSampler, AlwaysOnSampler, type Sampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import type { Log } from './log.ts'

type Env = Readonly<Record<string, string | undefined>>

const SAMPLERS: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
}

/**
 * The sampler that OTEL_TRACES_SAMPLER names; all passes by default. A pass has no parent elsewhere, so that a
 * `parentbased_…` sampler is the one that it has for roots.
 */
export const samplerOf = (env: Env, log: Log): Sampler => {
  const name = env['OTEL_TRACES_SAMPLER'] ?? 'always_on'
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1)
  const make = SAMPLERS[name.replace(/^parentbased_/, '')]
  if (make && ratio >= 0 && ratio <= 1) return make(ratio)
  log.warn('The sampler of OTEL_TRACES_SAMPLER is not known or its argument is none; all passes are traced', { name })
  return new AlwaysOnSampler()
}

const count = (text: string | undefined, least: number): number | undefined => {
  const value = Number(text ?? Number.NaN)
  return Number.isInteger(value) && value >= least ? value : undefined
}

/** The settings of the queue of spans that OTEL_BSP_* name; those of the specification by default. */
export const batchOf = (env: Env) => {
  const settings = {
    scheduledDelayMillis: count(env['OTEL_BSP_SCHEDULE_DELAY'], 0),
    exportTimeoutMillis: count(env['OTEL_BSP_EXPORT_TIMEOUT'], 1),
    maxQueueSize: count(env['OTEL_BSP_MAX_QUEUE_SIZE'], 1),
    maxExportBatchSize: count(env['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'], 1),
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

/** Values of the headers that go with the spans: as a rule they are credentials. */
export const headersOf = (env: Env): string[] =>
  [env['OTEL_EXPORTER_OTLP_HEADERS'], env['OTEL_EXPORTER_OTLP_TRACES_HEADERS']].flatMap((list = '') =>
    list.split(',').flatMap((pair) => {
      const value = pair.slice(pair.indexOf('=') + 1).trim()
      return [value, value.replace(/^\w+(%20| )/, '')]
    }),
  )
