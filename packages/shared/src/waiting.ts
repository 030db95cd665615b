import { answersWord } from './layout.js'
import { isShared } from './pool-memory.js'
import type { SeatRows } from './seat-rows.js'

/** How long a thread sleeps at most before it looks again: one that cannot wake others may have released meanwhile. */
export const lookAgainMs = 5
/** A thread that took no block for this time gives up the blocks at hand. */
const idleMs = 250

/** Sleeps until a release answers; false when this thread may not. */
export function sleep(words: Int32Array, answers: number, ms: number): boolean {
  // Firefox would let a worklet sleep.
  if ('AudioWorkletProcessor' in globalThis) return false
  try {
    Atomics.wait(words, answersWord, answers, ms)
    return true
  } catch {
    return false
  }
}

/** Resolves when a release answers, or after `ms`. */
export function answered(words: Int32Array, answers: number, ms: number): Promise<void> {
  const { waitAsync } = Atomics as {
    waitAsync?: (words: Int32Array, at: number, value: number, ms: number) => { readonly async: boolean; readonly value: unknown }
  }
  return new Promise((resolve) => {
    // The timer also keeps a process of Node alive, which waitAsync does not.
    const timer = setTimeout(resolve, ms)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    // Memory that is not shared has no sleepers.
    const wait = isShared(words.buffer) ? waitAsync?.(words, answersWord, answers, ms) : undefined
    if (wait?.async) (wait.value as Promise<unknown>).then(end)
    else if (wait !== undefined) end()
  })
}

interface AsyncHooks {
  readonly AsyncResource: new (type: string, options: object) => { runInAsyncScope<T>(fn: () => T): T }
}

// Node's `async_hooks`, without an import that a browser would not find. Made as this module is loaded, which is before any request.
const { process } = globalThis as { process?: { getBuiltinModule?(name: string): AsyncHooks | undefined } }
const asyncHooks = process?.getBuiltinModule?.('node:async_hooks')
const outside = asyncHooks && new asyncHooks.AsyncResource('PoolTimers', { requireManualDestroy: true })

/** Gives up the blocks that an idle thread has at hand; ends with its rows. A worklet has no timers. */
export function flushWhenIdle(rows: WeakRef<SeatRows>): void {
  if (typeof setInterval !== 'function') return
  const flush = () => {
    if (rows.deref()?.flushIfIdle() !== true) clearInterval(timer as number)
  }
  const begin = (): unknown => setInterval(flush, idleMs)
  // A pool that is made inside a request must not keep that request's async context for as long as it lives.
  const timer = outside === undefined ? begin() : outside.runInAsyncScope(begin)
  ;(timer as { unref?: () => void }).unref?.()
}
