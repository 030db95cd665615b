/**
 * Throws `error` in a later turn, as an uncaught exception: the mistake of a listener or a callback must neither pass unseen nor stop the code
 * that called it.
 */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
