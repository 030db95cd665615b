import { setImmediate, setTimeout } from 'node:timers/promises'

/**
 * Forces collections until `done`, with turns between them, in which finalizers run; gives up after many, and ten seconds: V8 frees memory on a
 * thread of its own, which a busy machine may let wait.
 */
export async function collectUntil(done: () => boolean): Promise<void> {
  const began = performance.now()
  for (let turn = 0; !done() && (turn < 100 || performance.now() - began < 10_000); turn++) {
    if (turn >= 100) await setTimeout(20)
    await collect()
  }
}

/** Forces one collection, and lets finalizers run. */
export async function collect(): Promise<void> {
  // A promise chain may still hold what the last turn used.
  await setImmediate()
  ;(globalThis as { gc?: () => void }).gc?.()
  await setImmediate()
}
