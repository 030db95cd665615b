import { AsyncResource } from 'node:async_hooks'

// Made as this module is loaded, which is before any request.
const outside = new AsyncResource('PoolTimers', { requireManualDestroy: true })

/**
 * Runs `fn` in no request's async context. A timer, a registry or a socket that many requests share is made in here: made within a request,
 * it would keep that request's `AsyncLocalStorage` stores for as long as it lives, and call listeners in them.
 * @returns the result of `fn`
 */
export function outsideRequests<T>(fn: () => T): T {
  return outside.runInAsyncScope(fn)
}
