import type { IncomingMessage } from 'node:http'
import type { Lease } from '@pool/core'

/** Who can keep the body of a request longer. */
export interface BodyHolder {
  /** Another lease of the body's bytes; `undefined` when there is no pooled body, or none any more. */
  hold(): Lease<Buffer> | undefined
}

// Shared by every copy of this package in the process, ESM and CJS alike.
const slot = Symbol.for('@pool/express.body')

interface Holding {
  [slot]?: BodyHolder
}

/** Notes who holds the body of a request. */
export function setBodyHolder(request: IncomingMessage & Holding, holder: BodyHolder): void {
  request[slot] = holder
}

/** Who holds the body of a request. */
export function bodyHolder(request: IncomingMessage & Holding): BodyHolder | undefined {
  return request[slot]
}
