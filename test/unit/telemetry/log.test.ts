import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { type LogFormat, type LogLevel, createLog, formatErrorLine } from '../../../src/telemetry/log.ts'
import { createRedactor } from '../../../src/telemetry/redact.ts'

const recorder = () => {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString('utf8'))
      done()
    },
  })
  return { stream, lines: () => chunks.join('').split('\n').filter(Boolean) }
}

const logTo = (format: LogFormat, level: LogLevel = 'info') => {
  const { stream, lines } = recorder()
  const redactor = createRedactor()
  return { log: createLog({ level, format, redactor, stream }), redactor, lines }
}

const parsed = (line: string | undefined): Record<string, unknown> => JSON.parse(line!) as Record<string, unknown>

describe('a line of JSON', () => {
  test('has time, level, message and fields, each once', () => {
    const { log, lines } = logTo('json')
    log.info('Took a step', { order: 'shop/shop', steps: 3 })
    const line = parsed(lines()[0])
    expect(line).toMatchObject({ level: 'info', message: 'Took a step', order: 'shop/shop', steps: 3 })
    expect(Object.keys(line)).toEqual(['time', 'level', 'message', 'order', 'steps'])
    expect(new Date(line['time'] as string).toISOString()).toBe(line['time'])
  })

  test('stays one line whatever is in it', () => {
    const { log, lines } = logTo('json')
    log.warn('Odd\nmessage', { text: 'two\nlines', error: new Error('three\nlines') })
    expect(lines()).toHaveLength(1)
    expect(parsed(lines()[0])).toMatchObject({ text: 'two\nlines', error: { message: 'three\nlines' } })
  })

  test('carries the fields that the logger is bound to, and those of its own over them', () => {
    const { log, lines } = logTo('json')
    const bound = log.with({ order: 'shop/shop', steps: 1 }).with({ account: 'a' })
    bound.info('First', { steps: 2 })
    log.info('Second')
    expect(parsed(lines()[0])).toMatchObject({ order: 'shop/shop', account: 'a', steps: 2 })
    expect(parsed(lines()[1])['order']).toBeUndefined()
  })

  test('keeps its level and message whatever the fields are called', () => {
    const { log, lines } = logTo('json')
    log.error('It broke', { level: 'debug', message: 'another' })
    expect(parsed(lines()[0])).toMatchObject({ level: 'error', message: 'It broke' })
  })

  test('holds no secret, in a message or in a field', () => {
    const { log, redactor, lines } = logTo('json')
    redactor.addSecret('s3cret-api-key')
    log.info('It says s3cret-api-key', { apiKey: 'other', nested: { error: new Error('s3cret-api-key') } })
    expect(lines().join()).not.toMatch(/s3cret|other/)
  })
})

describe.each<LogFormat>(['json', 'text'])('a line of %s about an order', (format) => {
  test('names it, its namespace, account and time, though another tenant has each of these for an API key', () => {
    const { log, redactor, lines } = logTo(format)
    const names = ['N4ME0OF0THE0ORDER0ITSELF', 'N4MESPACE0OF0THE0ORDER', 'DigiCertAccount0OF0SHOP1']
    for (const name of names) redactor.track(name)
    const [name, namespace, account] = names
    log.with({ namespace, name }).info('Took a step', { account, why: `order ${String(name)} was placed` })
    for (const each of names) expect(lines()[0]).toContain(each)
    expect(lines()[0]).toContain('order [redacted] was placed')
  })
})

describe('a line of text', () => {
  test('reads level, message, fields', () => {
    const { log, lines } = logTo('text')
    log.warn('Took a step', { order: 'shop/shop', why: 'two words', facts: { a: 1 } })
    expect(lines()[0]).toMatch(/^\S+Z WARN {2}Took a step order=shop\/shop why="two words" facts=\{"a":1\}$/)
  })

  test('stays one line, whatever a field holds', () => {
    const { log, lines } = logTo('text')
    log.info('Odd', { text: 'two\nlines\nERROR forged' })
    expect(lines()).toHaveLength(1)
  })
})

describe.each<LogFormat>(['json', 'text'])('in a line of %s', (format) => {
  const ESCAPES = '\u001b[2J\u001b]0;title\u0007\u009b31m\u202e\u2028\u0085\rforged'

  test('nothing steers a terminal, turns the direction of text or looks like another line', () => {
    const { log, lines } = logTo(format)
    const error = Object.assign(new Error(ESCAPES, { cause: new Error(ESCAPES) }), { code: ESCAPES })
    log.with({ order: ESCAPES }).warn(ESCAPES, { text: ESCAPES, [ESCAPES]: { [ESCAPES]: [ESCAPES] }, error })
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  })
})

test('a line of JSON gives back what was escaped in it', () => {
  const { log, lines } = logTo('json')
  log.info('Odd', { text: '\u009b31m\u202e 😀 \u{e0041}"\\' })
  expect(parsed(lines()[0])).toMatchObject({ text: '\u009b31m\u202e 😀 \u{e0041}"\\' })
})

test('a field in a line of text cannot pass for another one', () => {
  const { log, lines } = logTo('text')
  log.info('Took a step', { why: 'x"level=ERROR' })
  expect(lines()[0]).toMatch(/ why="x\\"level=ERROR"$/)
})

test('the last line of a process looks as any other, without what is secret', () => {
  const redactor = createRedactor()
  redactor.addSecret('s3cret-api-key')
  const line = formatErrorLine('It ends', { error: new Error('over s3cret-api-key') }, { format: 'json', redactor })
  expect(line.endsWith('\n')).toBe(true)
  expect(Object.keys(parsed(line))).toEqual(['time', 'level', 'message', 'error'])
  expect(parsed(line)).toMatchObject({ level: 'error', message: 'It ends', error: { message: 'over [redacted]' } })
  expect(line).not.toContain('s3cret')
})

test.each<readonly [LogLevel, readonly string[]]>([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
])('the level %s lets through %j', (level, wanted) => {
  const { log, lines } = logTo('json', level)
  log.debug('d')
  log.info('i')
  log.warn('w')
  log.error('e')
  expect(lines().map((line) => parsed(line)['level'])).toEqual(wanted)
})

const TELEMETRY = join(import.meta.dirname, '..', '..', '..', 'src', 'telemetry')

/** A program that has filled the pipe of its log when something happens that nobody foresaw. */
const run = (accident: string, format: 'json' | 'text' = 'json') => {
  const script = `
    const { createLog, installCrashHandler } = await import(${JSON.stringify(join(TELEMETRY, 'log.ts'))})
    const { createRedactor } = await import(${JSON.stringify(join(TELEMETRY, 'redact.ts'))})
    const redactor = createRedactor()
    redactor.addSecret('s3cret-api-key')
    installCrashHandler(${JSON.stringify(format)}, redactor)
    const log = createLog({ level: 'info', format: ${JSON.stringify(format)}, redactor })
    for (let line = 0; line < 1000; line += 1) log.info('It works', { line })
    ${accident}
    setInterval(() => undefined, 1000)`
  const args = ['--no-warnings', '--max-old-space-size=64', '--input-type=module', '-e', script]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })
  return { status, stderr }
}

describe('an error that nobody handled ends the process with 3 and one line, whatever else waits to be written', () => {
  test.each<[string, string, string, RegExp]>([
    ['a rejection', "void Promise.reject(new TypeError('a is undefined'))", 'rejection', /^a is undefined$/],
    [
      'an exception in a timer',
      "setTimeout(() => { throw new TypeError('a is undefined') }, 1)",
      'exception',
      /^a is undefined$/,
    ],
    ['a rejection with a text', "void Promise.reject('gone')", 'rejection', /no error: "gone"$/],
    ['a rejection with nothing', 'void Promise.reject()', 'rejection', /no error: of type undefined$/],
    [
      'a rejection with what has no text',
      'void Promise.reject(Object.create(null))',
      'rejection',
      /no error: of type object$/,
    ],
    [
      'an error that holds a secret and an escape',
      "void Promise.reject(new Error('key s3cret-api-key \\u001b[2J refused'))",
      'rejection',
      /^key \[redacted\] \u001b\[2J refused$/,
    ],
  ])('%s', (_what, accident, origin, message) => {
    const { status, stderr } = run(accident)
    expect(status).toBe(3)
    expect(stderr.indexOf('\n')).toBe(stderr.length - 1)
    expect(stderr.trimEnd()).not.toMatch(/s3cret|\u001b/)
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'error',
      message: expect.stringMatching(/^Unhandled error, exiting/),
      origin,
      error: { message: expect.stringMatching(message), stack: expect.any(String) },
    })
  })

  test('in a log of text as well', () => {
    const { status, stderr } = run("void Promise.reject(new Error('it broke'))", 'text')
    expect(status).toBe(3)
    expect(stderr).toMatch(/^\S+Z ERROR Unhandled error, exiting.* origin=rejection error=\{.*it broke/)
  })
})

test('memory that is used up ends the process with a line that says so', () => {
  const { status, stderr } = run('const kept = []; for (;;) kept.push(new Array(1e6).fill(0.5))')
  expect(status).not.toBe(0)
  expect(stderr).toMatch(/^FATAL ERROR: .*JavaScript heap out of memory$/m)
})
