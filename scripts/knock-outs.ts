/**
 * `npm run knock-outs`: takes one guard of ownership after the other out of a copy of the sources, and runs the unit tests
 * that must fail without it. Ends with 1 where a guard is gone and no test fails, or is not found. Changes nothing here.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const CHECKOUT = join(import.meta.dirname, '..')
const COPIED = ['src', 'test', 'scripts', 'package.json', 'tsconfig.json', 'jest.config.js', 'crds', 'docs', 'deploy']

/** A guard, where it stands, what stands there without it, and the tests that see that. */
type KnockOut = readonly [guard: string, file: string, present: string, absent: string, tests: string]

const GATHER = 'src/controller/gather.ts'
const SECRETS = 'src/controller/secrets.ts'
const ISSUE = 'src/order/rules/issue.ts'
const WATCHES = 'src/controller/watches.ts'

const KNOCK_OUTS: readonly KnockOut[] = [
  [
    "reads a key Secret that is the order's",
    GATHER,
    'if (read && !isKeyOf(',
    'if (false && read && !isKeyOf(',
    'gather',
  ],
  [
    'reads the key of another cluster only where it is that of the certificate',
    GATHER,
    'fingerprint !== undefined && fingerprint === certified()',
    'fingerprint !== undefined || fingerprint === certified()',
    'gather',
  ],
  [
    "reads former keys that are the order's",
    GATHER,
    "secret && ['own', 'left'].includes(",
    "secret && true || ['own', 'left'].includes(",
    'gather',
  ],
  [
    'reads a target Secret that the operator wrote',
    'src/controller/facts.ts',
    'if (!isTarget(secret))',
    'if (false && !isTarget(secret))',
    'gather facts',
  ],
  [
    'changes, inherits and removes key Secrets of the order',
    SECRETS,
    "if (ownershipOfKey(secret, owner) === 'foreign')",
    "if (false && ownershipOfKey(secret, owner) === 'foreign')",
    'writing',
  ],
  [
    'writes over a target Secret that the operator wrote',
    SECRETS,
    'if (!isTarget(over)) throw',
    'if (false && !isTarget(over)) throw',
    'writing',
  ],
  [
    'writes over the target Secret that was read',
    SECRETS,
    'return uid === undefined ? secret',
    'return uid !== undefined ? secret',
    'writing',
  ],
  [
    'merges into no Secret that was made meanwhile',
    SECRETS,
    'if (there && !isTarget(there))',
    'if (false && there && !isTarget(there))',
    'writing',
  ],
  [
    'buys nothing beside a foreign key Secret',
    ISSUE,
    "o.key === 'foreign' && !o.intent?.sentAt",
    'false && !o.intent?.sentAt',
    'decide',
  ],
  [
    'sends nothing again beside a foreign key Secret',
    ISSUE,
    "if (o.key === 'foreign') return",
    'if (false) return',
    'decide',
  ],
  [
    'takes over nothing that is held, whatever a rule says',
    'src/order/rules/adoption.ts',
    'isTaking && foundFault(o) !== undefined',
    'false && foundFault(o) !== undefined',
    'adoption',
  ],
  ['knows who renews an order', WATCHES, 'order?.id, intent?.renewalOf,', 'order?.id,', 'holders'],
  ['knows who had an order', WATCHES, '...history.map(({ orderId }) => orderId)', '...[]', 'holders'],
  [
    'knows who is buying an order',
    WATCHES,
    'status?.order?.alternativeOrderId, status?.intent?.alternativeOrderId',
    'status?.order?.alternativeOrderId',
    'holders',
  ],
  [
    'believes a Secret by its key alone',
    'src/controller/find-order.ts',
    'if (!(await isProven(',
    'if (false && !(await isProven(',
    'find-order',
  ],
  [
    'follows no link to other names',
    'src/controller/remote.ts',
    'coversOurs(link, question) ? link',
    'true ? link',
    'find-order',
  ],
  [
    'revokes the certificate that CertCentral names',
    'src/controller/end-order.ts',
    'isFresh ? remote.order',
    'true ? { certificateId: 666 }',
    'end-order',
  ],
  [
    'ends nothing that another resource has',
    'src/order/rules/deletion.ts',
    'if (sharedWith !== undefined) return',
    'if (false) return',
    'decide',
  ],
]

const run = promisify(execFile)

/** How many tests failed; none where all passed. */
const failuresOf = async (copy: string, tests: string): Promise<string> => {
  const paths = tests.split(' ').map((test) => `test/unit/.*/${test}[.]test`)
  const jest = join('node_modules', 'jest', 'bin', 'jest.js')
  const args = ['--experimental-vm-modules', '--no-warnings', jest, ...paths]
  const { stderr } = await run(process.execPath, args, { cwd: copy }).catch(
    (error: unknown) => error as { stderr: string },
  )
  return /^Tests: +(\d+ failed)/m.exec(stderr)?.[1] ?? (/^Tests: /m.test(stderr) ? '' : 'not run')
}

const copy = mkdtempSync(join(tmpdir(), 'knock-outs-'))
for (const path of COPIED) cpSync(join(CHECKOUT, path), join(copy, path), { recursive: true })
symlinkSync(join(CHECKOUT, 'node_modules'), join(copy, 'node_modules'))
try {
  for (const [guard, file, present, absent, tests] of KNOCK_OUTS) {
    const path = join(copy, file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace(present, absent))
    const failed = text.includes(present) ? await failuresOf(copy, tests) : 'not found'
    writeFileSync(path, text)
    if (!failed.endsWith('failed')) process.exitCode = 1
    console.log(`${failed === '' ? 'NOTHING FAILED' : failed}: ${guard}`)
  }
} finally {
  rmSync(copy, { recursive: true })
}
