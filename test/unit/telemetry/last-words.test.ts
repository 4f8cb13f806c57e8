import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'

const TELEMETRY = join(import.meta.dirname, '..', '..', '..', 'src', 'telemetry')

/** A program that has filled the pipe of its log when something happens that nobody foresaw. */
const run = (accident: string, format: 'json' | 'text' = 'json') => {
  const script = `
    const { endUnforeseen } = await import(${JSON.stringify(join(TELEMETRY, 'last-words.ts'))})
    const { createLog } = await import(${JSON.stringify(join(TELEMETRY, 'log.ts'))})
    const { createRedactor } = await import(${JSON.stringify(join(TELEMETRY, 'redact.ts'))})
    const redactor = createRedactor()
    redactor.learn('s3cret-api-key')
    endUnforeseen(${JSON.stringify(format)}, redactor)
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
      message: expect.stringMatching(/^The operator ends over an error that nobody handled/),
      origin,
      error: { message: expect.stringMatching(message), stack: expect.any(String) },
    })
  })

  test('in a log of text as well', () => {
    const { status, stderr } = run("void Promise.reject(new Error('it broke'))", 'text')
    expect(status).toBe(3)
    expect(stderr).toMatch(/^\S+Z ERROR The operator ends over an error.* origin=rejection error=\{.*it broke/)
  })
})

test('memory that is used up ends the process with a line that says so', () => {
  const { status, stderr } = run('const kept = []; for (;;) kept.push(new Array(1e6).fill(0.5))')
  expect(status).not.toBe(0)
  expect(stderr).toMatch(/^FATAL ERROR: .*JavaScript heap out of memory$/m)
})
