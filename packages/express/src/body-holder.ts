import type { IncomingMessage } from 'node:http'
import type { Lease } from '@pool/core'

/** Who can keep the body of a request longer. */
export interface BodyHolder {
  /** Another lease of the body's bytes; `undefined` when the response is over. */
  hold(): Lease<Buffer> | undefined
}

/** A listener of ours on a request, which leads to who made it. */
export interface HoldersListener {
  (): void
  [holderKey]?: BodyHolder
}

// Shared by every copy of this package in the process, ESM and CJS alike.
/** Where a listener keeps its {@link BodyHolder}. */
export const holderKey: unique symbol = Symbol.for('@pool/express.holder') as never

/**
 * Who holds the body of a request. Its listener tells: a property of the request, or an entry of a WeakMap, would cost each request
 * some 2 µs, and few are ever held.
 */
export function bodyHolder(request: IncomingMessage): BodyHolder | undefined {
  for (const listener of request.listeners('end') as HoldersListener[]) {
    if (listener[holderKey] !== undefined) return listener[holderKey]
  }
  return undefined
}
