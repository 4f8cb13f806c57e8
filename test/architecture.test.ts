import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import ts from 'typescript'
import { VERSION } from '../src/version.ts'

const CHECKOUT = path.resolve(import.meta.dirname, '..')
const SRC = path.join(CHECKOUT, 'src')

type Import = { from: string; to: string; isType: boolean }

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(path.sep).join('/'))
  .sort()

const sources = new Map(
  files.map((file) => [
    file,
    ts.createSourceFile(file, readFileSync(path.join(SRC, file), 'utf8'), ts.ScriptTarget.Latest, true),
  ]),
)

/** Every node of a tree. */
const nodesOf = (node: ts.Node): ts.Node[] => {
  const all = [node]
  node.forEachChild((child) => void all.push(...nodesOf(child)))
  return all
}

const target = (from: string, specifier: string): string =>
  specifier.startsWith('.') ? path.posix.join(path.posix.dirname(from), specifier) : specifier

/** A clause whose every name is a type is gone from the program that runs. */
const isTypeOnly = (node: ts.ImportDeclaration | ts.ExportDeclaration): boolean => {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  const { importClause } = node
  if (!importClause) return false
  const bindings = importClause.namedBindings
  const allTypes =
    bindings &&
    ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  return importClause.phaseModifier === ts.SyntaxKind.TypeKeyword || (allTypes === true && !importClause.name)
}

const importsOf = (from: string, source: ts.SourceFile): Import[] =>
  nodesOf(source).flatMap((node) => {
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      return [{ from, to: target(from, (node.arguments[0] as ts.StringLiteral).text), isType: false }]
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return []
    const { moduleSpecifier } = node
    return moduleSpecifier && ts.isStringLiteral(moduleSpecifier)
      ? [{ from, to: target(from, moduleSpecifier.text), isType: isTypeOnly(node) }]
      : []
  })

const imports = [...sources].flatMap(([file, source]) => importsOf(file, source))
const inner = imports.filter(({ to }) => sources.has(to))

/** The folder of a file, or its own name where it stands at the top. */
const part = (file: string): string =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '')

/** The package of a specifier. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const outer = imports.filter(({ to }) => !sources.has(to))
const told = ({ from, to }: Import): string => `${from} -> ${to}`

/** Who may import whom (docs/architecture.md#who-imports-whom). */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  main: ['operator', 'config', 'crds', 'plan', 'simulator/command', 'telemetry', 'version', 'idle-gc'],
  operator: ['caches', 'controllers', 'config', 'kube', 'telemetry', 'version'],
  controllers: ['controller', 'kube', 'telemetry', 'api', 'config', 'caches', 'figures'],
  'idle-gc': [],
  figures: ['controller', 'kube', 'telemetry', 'caches'],
  caches: ['controller', 'kube', 'telemetry', 'api', 'config'],
  controller: ['order', 'certcentral', 'pki', 'kube', 'telemetry', 'api'],
  config: ['telemetry'],
  crds: ['api'],
  plan: ['api', 'order'],
  version: [],
  order: ['api'],
  kube: ['telemetry/log'],
  api: [],
  certcentral: [],
  pki: [],
  telemetry: [],
  simulator: [],
}

const isAllowed = ({ from, to }: Import): boolean => {
  if (part(from) === part(to)) return true
  const allowed = ARROWS[part(from)] ?? []
  return allowed.some((arrow) => arrow === part(to) || `${arrow}.ts` === to)
}

/** The ways from each node back to itself, one for each ring. */
const ringsOf = (edges: readonly (readonly [string, string])[]): string[] => {
  const next = new Map<string, Set<string>>()
  for (const [from, to] of edges) next.set(from, (next.get(from) ?? new Set()).add(to))
  const done = new Set<string>()
  const rings: string[] = []
  const walk = (node: string, way: readonly string[]): void => {
    if (way.includes(node)) {
      rings.push([...way.slice(way.indexOf(node)), node].join(' -> '))
      return
    }
    if (done.has(node)) return
    for (const one of next.get(node) ?? []) walk(one, [...way, node])
    done.add(node)
  }
  for (const node of next.keys()) walk(node, [])
  return rings
}

test('the reader of imports sees them', () => {
  expect(imports.length).toBeGreaterThan(300)
  expect(inner).toContainEqual({ from: 'order/decide.ts', to: 'order/rules/gate.ts', isType: false })
  expect(inner).toContainEqual({ from: 'order/rules/gate.ts', to: 'order/decide.ts', isType: true })
  expect(
    ringsOf([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
    ]),
  ).toEqual(['b -> c -> b'])
})

describe('the parts of src/', () => {
  test('are all known, and nobody imports whom it may not', () => {
    expect([...new Set(files.map(part))].sort()).toEqual(Object.keys(ARROWS).sort())
    expect(inner.filter((one) => !isAllowed(one)).map(told)).toEqual([])
  })

  test('import each other in no ring', () => {
    const edges = inner.map(({ from, to }) => [part(from), part(to)] as const).filter(([from, to]) => from !== to)
    expect(ringsOf(edges)).toEqual([])
  })

  test('are entered by the simulator through its own door', () => {
    const strangers = inner.filter(({ from, to }) => part(to) === 'simulator' && part(from) !== 'simulator')
    expect(strangers.map(told)).toEqual(['main.ts -> simulator/command.ts'])
  })

  test('enter certcentral through its index', () => {
    const strangers = inner.filter(({ from, to }) => part(to) === 'certcentral' && part(from) !== 'certcentral')
    expect([...new Set(strangers.map(({ to }) => to))]).toEqual(['certcentral/index.ts'])
  })
})

describe('the files of src/', () => {
  test('import each other in no ring when they run', () => {
    expect(ringsOf(inner.filter(({ isType }) => !isType).map(({ from, to }) => [from, to]))).toEqual([])
  })

  test('import types in no ring but one: a rule is of the type that the list of rules has', () => {
    const edges = inner.filter(({ from, to }) => !(from.startsWith('order/rules/') && to === 'order/decide.ts'))
    expect(ringsOf(edges.map(({ from, to }) => [from, to]))).toEqual([])
  })

  test('import only files that exist, by a name that ends in .ts', () => {
    const relative = imports.filter(({ to }) => to.endsWith('.ts') || to.startsWith('.'))
    expect(relative.filter(({ to }) => !sources.has(to)).map(told)).toEqual([])
  })
})

describe('a library is used where it belongs', () => {
  const usersOf = (...packages: string[]): string[] =>
    [...new Set(outer.filter(({ to }) => packages.includes(packageOf(to))).map(({ from }) => part(from)))].sort()

  test.each<readonly [readonly string[], readonly string[]]>([
    [['axios'], ['certcentral']],
    [['@kubernetes/client-node', 'undici'], ['kube']],
    [
      ['pkijs', 'asn1js', 'node-forge'],
      ['pki', 'simulator'],
    ],
    [['winston', '@prometheus-io/client'], ['telemetry']],
    [
      [
        '@opentelemetry/api',
        '@opentelemetry/sdk-trace',
        '@opentelemetry/resources',
        '@opentelemetry/exporter-trace-otlp-http',
      ],
      ['telemetry'],
    ],
  ])('%j in %j', (packages, parts) => {
    expect(usersOf(...packages)).toEqual(parts)
  })

  test('api/ knows zod and nothing else', () => {
    expect([...new Set(outer.filter(({ from }) => part(from) === 'api').map(({ to }) => to))]).toEqual(['zod'])
  })

  test('order/ knows nothing', () => {
    expect(outer.filter(({ from }) => part(from) === 'order').map(told)).toEqual([])
  })

  test('package.json asks for what src/ imports, no more and no less', () => {
    const { dependencies, version } = JSON.parse(readFileSync(path.join(CHECKOUT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
      version: string
    }
    const used = outer.filter(({ to }) => !to.startsWith('node:')).map(({ to }) => packageOf(to))
    expect([...new Set(used)].sort()).toEqual(Object.keys(dependencies).sort())
    expect(VERSION).toBe(version)
  })
})

/** Whether an identifier only names a member, as `fetch` does in `cache.fetch`. */
const isNameIn = (node: ts.Identifier, parent: ts.Node): boolean =>
  (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node

/** What makes a function give another answer for the same arguments. */
const impureIn = (source: ts.SourceFile): string[] =>
  nodesOf(source).flatMap((node) => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0)
      return ['new Date()']
    if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return ['Date()']
    if (ts.isPropertyAccessExpression(node) && ['Date.now', 'Math.random', 'performance.now'].includes(node.getText()))
      return [node.getText()]
    const isBare = ts.isIdentifier(node) && !isNameIn(node, node.parent)
    return isBare && IMPURE.includes(node.text) ? [node.text] : []
  })

const IMPURE = [
  'process',
  'fetch',
  'crypto',
  'performance',
  'globalThis',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
]

describe('time, chance and environment', () => {
  test.each(['order', 'api'])('are no matter of %s/', (folder) => {
    const found = [...sources].flatMap(([file, source]) =>
      part(file) === folder ? impureIn(source).map((what) => `${file}: ${what}`) : [],
    )
    expect(found).toEqual([])
  })

  test.each([
    ['const a = new Date()', ['new Date()']],
    ['const a = Date.now()', ['Date.now']],
    ['const a = Math.random()', ['Math.random']],
    ['const a = process.env.A', ['process']],
    ['setTimeout(f, 1)', ['setTimeout']],
    ['const a = new Date(1)', []],
    ['const a = { fetch: 1 }.fetch', []],
  ])('are seen in %s', (text, wanted) => {
    const found = impureIn(ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true))
    expect(found).toEqual(wanted)
  })
})
