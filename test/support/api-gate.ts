import { kubeconfigThrough, upstreamOf } from './api-traffic.ts'
import { type Passing, startProxy } from './proxy.ts'

/** One call that is held up. */
export type HeldCall = {
  /** Resolves once it is held: the call has arrived here, or its answer has. */
  readonly held: Promise<void>
  /** Lets it go on; gives the status that the API server answered. */
  readonly release: () => Promise<number>
}

/** The way of one operator to the API server, which can be blocked. CertCentral is reached by another. */
export type ApiGate = {
  readonly kubeconfig: string
  /** Holds the first status write whose body has that text: before the API server hears of it, or its answer. */
  readonly holdStatus: (text: string, what: HeldPart) => HeldCall
  /** Cuts the way when the first status write with that text arrives, which is lost: nothing is answered any more. */
  readonly cutAtStatus: (text: string) => Promise<void>
  readonly close: () => Promise<void>
}

export type HeldPart = 'write' | 'answer'

const isStatusWrite = ({ method, path }: Passing): boolean =>
  method === 'PUT' && /\/digicertorders\/[^/]+\/status/.test(path)

/** Starts a gate on a free port of 127.0.0.1, open, in front of the API server of a kubeconfig. */
export async function startApiGate(kubeconfig: string): Promise<ApiGate> {
  const passed = new Set<Passing>()
  let trap: { readonly text: string; readonly spring: (call: Passing) => void } | undefined
  let isCut = false
  const isCaught = async (call: Passing, text: string): Promise<boolean> =>
    isStatusWrite(call) && (await call.read()).includes(text)
  const decide = async (call: Passing): Promise<void> => {
    // Who is cut off is not even told that the connection ended.
    if (isCut) return
    const set = trap
    if (set !== undefined && (await isCaught(call, set.text))) {
      trap = undefined
      set.spring(call)
      return
    }
    passed.add(call)
    call.pass()
  }
  const proxy = await startProxy(await upstreamOf(kubeconfig), (call) => void decide(call))
  const caught = (text: string): Promise<Passing> => new Promise((resolve) => (trap = { text, spring: resolve }))
  return {
    kubeconfig: kubeconfigThrough(proxy.url),
    holdStatus: (text, what) => held(caught(text), what),
    cutAtStatus: async (text) => {
      await caught(text)
      isCut = true
      for (const call of passed) call.drop()
    },
    close: proxy.close,
  }
}

function held(caught: Promise<Passing>, what: HeldPart): HeldCall {
  let letGo = (): void => undefined
  const isLet = new Promise<void>((resolve) => (letGo = resolve))
  const passed = caught.then((call) => {
    if (what === 'answer') {
      const received = call.commit()
      void Promise.all([received, isLet]).then(([answer]) => call.reply(answer))
      return { status: received.then(({ status }) => status) }
    }
    return { status: isLet.then(() => call.commit()).then(({ status }) => status) }
  })
  return {
    held: passed.then(async ({ status }) => {
      if (what === 'answer') await status
    }),
    release: async () => {
      letGo()
      return (await passed).status
    },
  }
}
