import { setImmediate } from 'node:timers/promises'

/** Forces collections until `done`, with turns between them, in which finalizers run; gives up after many. */
export async function collectUntil(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !done(); turn++) await collect()
}

/** Forces one collection, and lets finalizers run. */
export async function collect(): Promise<void> {
  // A promise chain may still hold what the last turn used.
  await setImmediate()
  ;(globalThis as { gc?: () => void }).gc?.()
  await setImmediate()
}
