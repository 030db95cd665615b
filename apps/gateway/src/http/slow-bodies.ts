import type { ServerResponse } from 'node:http'
import { outsideRequests } from '@pool/core/kit'
import type { Connections } from './connections.js'
import { sendError } from './error-answer.js'

const CHECK_MS = 250
/** Bytes that a body must bring between two checks. */
const LEAST_BYTES = 1024
/** Checks without a request that found no memory, after which they end. */
const QUIET_CHECKS = 8

/**
 * Ends bodies that hold memory and bring next to nothing, while others find none: a head claims memory for the whole of its body, and costs
 * its sender a hundred bytes.
 */
export class SlowBodies {
  readonly #connections: Connections
  #seen = new WeakMap<ServerResponse, number>()
  #check: NodeJS.Timeout | undefined
  #quietChecks = 0

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /** Call it when a request found no memory. */
  readonly outOfMemory = (): void => {
    this.#quietChecks = 0
    this.#check ??= outsideRequests(() => setInterval(() => this.#endSlow(), CHECK_MS)).unref()
  }

  /** Ends the checks. */
  readonly stop = (): void => {
    clearInterval(this.#check)
    this.#check = undefined
    this.#seen = new WeakMap()
  }

  #endSlow(): void {
    for (const response of this.#connections.answers()) {
      const { req: request } = response
      // A body that waits for memory itself does not flow.
      if (response.record?.route !== '/analyze' || request.complete || request.readableFlowing !== true || response.headersSent) continue
      const { bytesRead } = request.socket
      if (bytesRead - (this.#seen.get(response) ?? -LEAST_BYTES) < LEAST_BYTES) {
        response.setHeader('connection', 'close')
        sendError(response, { status: 408, code: 'body.too.slow', message: 'the body came too slowly while memory was short' })
      } else this.#seen.set(response, bytesRead)
    }
    this.#quietChecks += 1
    if (this.#quietChecks > QUIET_CHECKS) this.stop()
  }
}
