import type { IncomingMessage } from 'node:http'
import { type Lease, type NonSharedBuffer, PoolError } from '@pool/core'

/** A request as middleware sees it. */
export interface BodyRequest extends IncomingMessage {
  body?: unknown
}

/** The owner of the pooled bytes of a request or a file. */
export interface BodyKeeper {
  /** Another lease of the bytes; `undefined` when the response is over. */
  hold(): Lease<NonSharedBuffer> | undefined
}

const key = Symbol.for('@pool/express.bodies')

// Shared by every copy of this package in the process, ESM and CJS alike.
const shared = globalThis as { [key]?: WeakMap<object, BodyKeeper> }
shared[key] ??= new WeakMap()
const keepers = shared[key]

/** From now on {@link holdBody} finds the body of a request, and `holdFile()` that of a file or its buffer. */
export function keepBody(of: object, keeper: BodyKeeper): void {
  keepers.set(of, keeper)
}

/** The owner of the bytes of a request, a file or a buffer; `undefined` where there is none. */
export function keeperOf(of: object): BodyKeeper | undefined {
  return keepers.get(of)
}

/**
 * Keeps the pooled body of a request beyond the response, for work that outlives it. Its bytes stay out until the lease that this
 * returns is released as well; `request.body` itself ends with the response all the same, so use `lease.buffer`.
 * @returns a lease of exactly the body; release it once, or bind it with `using`
 * @throws `ERR_POOL_NO_BODY` when the request has no pooled body: `pooledBody()` did not read it, or made JSON or text of it;
 * `ERR_POOL_LEASE_RELEASED` when the response is over, and the body with it
 */
export function holdBody(request: IncomingMessage): Lease<NonSharedBuffer> {
  const missing =
    "this request has no pooled body. Hold it after pooledBody() has read it, with as: 'buffer', and where its type is one that is read."
  return holdBytes(keepers.get(request), 'ERR_POOL_NO_BODY', missing)
}

/** Another lease of the memory that `keeper` owns. */
export function holdBytes(keeper: BodyKeeper | undefined, codeIfMissing: string, missing: string): Lease<NonSharedBuffer> {
  if (keeper === undefined) throw new PoolError(codeIfMissing, missing)
  const lease = keeper.hold()
  if (lease !== undefined) return lease
  throw new PoolError('ERR_POOL_LEASE_RELEASED', 'the response is over, and its memory was released. Hold a body or a file before that.')
}

/**
 * Takes the buffer away from a property of a request, or of a file, whose response is over: from now on it is `undefined`, or in debug
 * mode throws. Any other value that was put there meanwhile stays. Never throws, even if the application has redefined the property.
 */
export function forgetBuffer<K extends 'body' | 'buffer'>(
  owner: { [key in K]?: unknown },
  property: K,
  buffer: Buffer,
  debug: boolean
): void {
  try {
    if (owner[property] !== buffer) return
    if (debug) denyBuffer(owner, property)
    else owner[property] = undefined
  } catch {
    // The property is a getter that throws, or can't be set. The caller gives the memory back all the same.
  }
}

function denyBuffer(owner: object, property: 'body' | 'buffer'): void {
  const [name, verb] = property === 'body' ? ['request.body', 'holdBody()'] : ['file.buffer', 'holdFile()']
  Object.defineProperty(owner, property, {
    configurable: true,
    get() {
      throw new PoolError(
        'ERR_POOL_LEASE_RELEASED',
        `${name} was read after its response was over, when its memory may have another owner. Read it before that, or keep it with ${verb}.`
      )
    },
    set(value: unknown) {
      Object.defineProperty(owner, property, { value, configurable: true, enumerable: true, writable: true })
    }
  })
}
