/**
 * Throws `error` in a later turn, as an uncaught exception: a listener's mistake must neither pass unseen nor stop the stream that
 * called it.
 */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
