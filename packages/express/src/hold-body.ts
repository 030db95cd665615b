import type { IncomingMessage } from 'node:http'
import { type Lease, PoolError } from '@pool/core'
import { bodyHolder } from './body-holder.js'

/**
 * Keeps the pooled body of a request beyond the response, for work that outlives it. Its bytes stay out until the lease that this
 * returns is released as well; `request.body` itself ends with the response all the same, so use `lease.buffer`.
 * @returns a lease of exactly the body; release it once, or bind it with `using`
 * @throws `ERR_POOL_NO_BODY` when the request has no pooled body: `pooledBody()` did not read it, or made JSON or text of it;
 * `ERR_POOL_LEASE_RELEASED` when the response is over, and the body with it
 */
export function holdBody(request: IncomingMessage): Lease<Buffer> {
  const holder = bodyHolder(request)
  if (holder === undefined) {
    throw new PoolError(
      'ERR_POOL_NO_BODY',
      "this request has no pooled body. Hold it after pooledBody() has read it, with as: 'buffer', and where its type is one that is read."
    )
  }
  const lease = holder.hold()
  if (lease !== undefined) return lease
  throw new PoolError('ERR_POOL_LEASE_RELEASED', 'the response is over, and its body was released. Hold the body before that.')
}
