import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** What is asked of an object: what a script of Argo CD makes of it, or what kstatus or Flux does. */
export type Question = {
  readonly ask: 'health' | 'discover' | 'act' | 'kstatus' | 'flux'
  readonly object: object
  readonly script?: string
  /** For Flux: an entry of `spec.healthCheckExprs`. */
  readonly exprs?: object | undefined
}

export type Health = { readonly status: string; readonly message?: string }

/** How long the program may take to be built, which is once for its sources. */
export const BUILD_LIMIT_MS = 600_000

/**
 * The program of `tools/gitops`, built where it is missing. `GITOPS_EVALUATOR=argocd` takes Argo CD's own evaluator in
 * place of the library below it.
 */
export const evaluator = (): string =>
  execFileSync(join(ROOT, 'tools', 'gitops', 'build.sh'), [process.env['GITOPS_EVALUATOR'] ?? 'lua'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim()

/**
 * Answers, in the order of the questions.
 * @throws Error with what the evaluator said about the first question that has no answer.
 */
export function answersTo(questions: readonly Question[]): unknown[] {
  const text = execFileSync(evaluator(), { encoding: 'utf8', input: JSON.stringify(questions) })
  const answers = JSON.parse(text) as { result?: unknown; error?: string }[]
  return answers.map(({ result, error }, at) => {
    if (error !== undefined) throw new Error(`${questions[at]?.ask ?? ''}: ${error}`)
    return result
  })
}

/** One answer. */
export const answerTo = (question: Question): unknown => answersTo([question])[0]

/** What Argo CD, by a script, or kstatus says of an object. */
export const healthOf = (object: object, script?: string): Health =>
  answerTo(script === undefined ? { ask: 'kstatus', object } : { ask: 'health', object, script }) as Health
