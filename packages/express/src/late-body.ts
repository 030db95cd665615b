import type { IncomingMessage } from 'node:http'
import { PoolError } from '@pool/core'

/** A request as middleware sees it. */
export interface BodyRequest extends IncomingMessage {
  body?: unknown
}

/**
 * Takes `body` away from a request whose response is over: from now on `request.body` is `undefined`, or in debug mode throws. What
 * was put there instead meanwhile stays.
 */
export function forgetBody(request: BodyRequest, body: Buffer, debug: boolean): void {
  if (request.body !== body) return
  if (!debug) {
    request.body = undefined
    return
  }
  Object.defineProperty(request, 'body', {
    configurable: true,
    get() {
      throw new PoolError(
        'ERR_POOL_LEASE_RELEASED',
        'request.body was read after its response was over, when its memory may have another owner. ' +
          'Read it before that, or keep it with holdBody().'
      )
    },
    set(value: unknown) {
      Object.defineProperty(request, 'body', { value, configurable: true, enumerable: true, writable: true })
    }
  })
}
