import type { IncomingMessage } from 'node:http'
import type { Lease } from '@pool/core'
import type { ResponseBound } from './response-bound.js'

/** A request that may have a scratch buffer. */
export interface ScratchRequest extends IncomingMessage {
  pooledBuffer?: Buffer | undefined
}

/** The scratch buffer of one request, from the wait for it to its release. */
export class Scratch implements ResponseBound {
  nextBound: ResponseBound | undefined = undefined
  readonly #request: ScratchRequest
  #lease: Lease<Buffer> | undefined = undefined
  #waiting: AbortController | undefined = undefined
  #isOver = false

  /** The scratch buffer of `request`, yet to come. */
  constructor(request: ScratchRequest) {
    this.#request = request
  }

  /** Gives the request its buffer; too late, it goes straight back. */
  give(lease: Lease<Buffer>): void {
    if (this.#isOver) lease.release()
    else {
      this.#lease = lease
      this.#request.pooledBuffer = lease.buffer
    }
  }

  /** Aborts when the response is over before there was a buffer. */
  waitSignal(): AbortSignal {
    this.#waiting = new AbortController()
    return this.#waiting.signal
  }

  responseOver(): void {
    this.#isOver = true
    this.#waiting?.abort()
    const lease = this.#lease
    if (lease === undefined) return
    this.#lease = undefined
    if (this.#request.pooledBuffer === lease.buffer) this.#request.pooledBuffer = undefined
    lease.release()
  }
}
