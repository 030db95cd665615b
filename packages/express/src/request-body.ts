import type { IncomingMessage } from 'node:http'
import { type Lease, PoolError } from '@pool/core'

/** A request as middleware sees it. */
export interface BodyRequest extends IncomingMessage {
  body?: unknown
}

/** The owner of a request's pooled body. */
export interface BodyKeeper {
  /** Another lease of the body's bytes; `undefined` when the response is over. */
  hold(): Lease<Buffer> | undefined
}

const key = Symbol.for('@pool/express.bodies')

// Shared by every copy of this package in the process, ESM and CJS alike.
const shared = globalThis as { [key]?: WeakMap<IncomingMessage, BodyKeeper> }
shared[key] ??= new WeakMap()
const keepers = shared[key]

/** From now on {@link holdBody} finds the body of `request`. */
export function keepBody(request: IncomingMessage, keeper: BodyKeeper): void {
  keepers.set(request, keeper)
}

/**
 * Keeps the pooled body of a request beyond the response, for work that outlives it. Its bytes stay out until the lease that this
 * returns is released as well; `request.body` itself ends with the response all the same, so use `lease.buffer`.
 * @returns a lease of exactly the body; release it once, or bind it with `using`
 * @throws `ERR_POOL_NO_BODY` when the request has no pooled body: `pooledBody()` did not read it, or made JSON or text of it;
 * `ERR_POOL_LEASE_RELEASED` when the response is over, and the body with it
 */
export function holdBody(request: IncomingMessage): Lease<Buffer> {
  const keeper = keepers.get(request)
  if (keeper === undefined) {
    throw new PoolError(
      'ERR_POOL_NO_BODY',
      "this request has no pooled body. Hold it after pooledBody() has read it, with as: 'buffer', and where its type is one that is read."
    )
  }
  const lease = keeper.hold()
  if (lease !== undefined) return lease
  throw new PoolError('ERR_POOL_LEASE_RELEASED', 'the response is over, and its body was released. Hold the body before that.')
}

/**
 * Takes `body` away from a request whose response is over: from now on `request.body` is `undefined`, or in debug mode throws. What
 * was put there instead meanwhile stays. Never throws, whatever the application made of the property.
 */
export function forgetBody(request: BodyRequest, body: Buffer, debug: boolean): void {
  try {
    if (request.body !== body) return
    if (debug) denyBody(request)
    else request.body = undefined
  } catch {
    // The property is a getter that throws, or can't be set. The caller gives the memory back all the same.
  }
}

function denyBody(request: BodyRequest): void {
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
