import { answersWord } from './layout.js'
import { isShared } from './pool-memory.js'
import type { SeatRows } from './seat-rows.js'

/** How long a thread sleeps at most before it looks again: one that cannot wake others may have released meanwhile. */
export const lookAgainMs = 5
/** A thread that took nothing for so long gives up what it has at hand. */
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

/** Gives up what an idle thread has at hand; ends with its rows. A worklet has no timers. */
export function flushWhenIdle(rows: WeakRef<SeatRows>): void {
  if (typeof setInterval !== 'function') return
  const timer: unknown = setInterval(() => {
    if (rows.deref()?.flushIfIdle() !== true) clearInterval(timer as number)
  }, idleMs)
  ;(timer as { unref?: () => void }).unref?.()
}
