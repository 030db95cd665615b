import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import type { Lease, NonSharedBuffer } from '@pool/core'
import { whenOver } from '@pool/core/kit'
import onFinished from 'on-finished'
import { knowsCharset } from './body-parser.js'
import type { BodySettings } from './body-settings.js'
import type { Next } from './connect.js'
import * as failure from './http-failure.js'
import { Intake, type IntakeOwner } from './intake.js'
import { type BodyKeeper, type BodyRequest, forgetBuffer, keepBody } from './request-body.js'

const resourceOptions = { requireManualDestroy: true }

/**
 * Reads one body: its checks, its async context and its owner.
 *
 * ```
 *   start ─► intake ─► end ─► verify ─► parse ─► next()          over ─► memory back
 *               └ too large, aborted, corrupt, 503 ─► memory back ─► drain ─► next(error)
 * ```
 */
export class BodyReader extends AsyncResource implements BodyKeeper, IntakeOwner {
  readonly #settings: BodySettings
  readonly #request: BodyRequest
  readonly #response: ServerResponse
  readonly #next: Next
  readonly #decoder: Transform | undefined
  readonly #charset: string | null
  readonly #length: number | null
  readonly #intake: Intake
  #unlisten: (() => void) | undefined = undefined
  #lease: Lease<NonSharedBuffer> | undefined = undefined
  #body: NonSharedBuffer | undefined = undefined

  /** A reader of `request`, through `decoder` where it is compressed. */
  constructor(
    settings: BodySettings,
    request: BodyRequest,
    response: ServerResponse,
    next: Next,
    decoder: Transform | undefined,
    charset: string | null
  ) {
    super('PooledBody', resourceOptions)
    this.#settings = settings
    this.#request = request
    this.#response = response
    this.#next = next
    this.#decoder = decoder
    this.#charset = charset
    const length = decoder === undefined ? Number.parseInt(request.headers['content-length'] ?? '', 10) : Number.NaN
    this.#length = Number.isNaN(length) ? null : length
    this.#intake = new Intake(settings, this.#length, response, this)
  }

  /** Reads, and calls `next` at the end, also after an error. */
  start(): void {
    const request = this.#request
    const isOpen = whenOver(this.#response, request.socket, () => this.#over())
    const refusal = isOpen ? this.#refusal() : this.#aborted()
    if (refusal !== undefined) this.#intake.fail(refusal)
    else this.#intake.start()
  }

  listen(): void {
    const request = this.#request
    const decoder = this.#decoder
    const { source } = this
    const onData = (chunk: Buffer | string): void => this.#intake.receive(chunk)
    const onEnd = (): void => this.#end()
    const onError = (error: NodeJS.ErrnoException): void => this.#intake.fail(error.code === 'ECONNRESET' ? this.#aborted() : error)
    source.on('data', onData)
    source.on('end', onEnd)
    request.on('error', onError)
    decoder?.on('error', onError)
    this.#unlisten = () => {
      source.off('data', onData)
      source.off('end', onEnd)
      request.off('error', onError)
    }
    if (decoder !== undefined) request.pipe(decoder)
  }

  hold(): Lease<NonSharedBuffer> | undefined {
    return this.#lease?.retain()
  }

  get source(): Readable {
    return this.#decoder ?? this.#request
  }

  #refusal(): Error | undefined {
    const { limit } = this.#settings
    const length = this.#length
    if (length !== null && length > limit) return failure.tooLarge(limit, { expected: length, length })
    const { readableEncoding, readable } = this.source
    // A stream of an adapter may have neither property.
    if (readableEncoding) return failure.encodingSet()
    if (readable === false) return failure.notReadable()
    const charset = this.#charset
    return charset === null || knowsCharset(charset) ? undefined : failure.charsetUnknown(charset)
  }

  #end(): void {
    const { received, isReading } = this.#intake
    const length = this.#length
    if (isReading && length !== null && length !== received) this.#intake.fail(failure.sizeMismatch(length, received))
    else this.#intake.end()
  }

  /** The response is finished, closed or aborted. */
  #over(): void {
    if (this.#intake.isReading) this.#intake.fail(this.#aborted())
    const lease = this.#lease
    if (lease === undefined) return
    this.#lease = undefined
    forgetBuffer(this.#request, 'body', this.#body as NonSharedBuffer, this.#settings.debug)
    // Not release(): it throws where the application transferred the memory away, and here that would end the process.
    lease[Symbol.dispose]()
  }

  #aborted(): Error {
    return failure.aborted(this.#length, this.#intake.received)
  }

  complete(): void {
    this.runInAsyncScope(this.#finish, this)
  }

  #finish(): void {
    this.#leaveStreams()
    const { verify, parser } = this.#settings
    const request = this.#request
    const lease = this.#intake.take()
    const body = lease.buffer
    let text: string | undefined
    let problem: Error | undefined
    let isVerified = verify === undefined
    try {
      if (verify !== undefined) {
        verify(request, this.#response, body, this.#charset)
        isVerified = true
      }
      if (parser === undefined) request.body = body
      else {
        text = parser.decode(body, this.#charset as string)
        request.body = parser.parse(text)
      }
    } catch (error) {
      problem = isVerified
        ? failure.bodyFailure(400, error, 'entity.parse.failed', text ?? body)
        : failure.bodyFailure(403, error, 'entity.verify.failed', body)
    }
    if (parser === undefined || text === undefined) {
      this.#lease = lease
      this.#body = body
      if (parser === undefined) keepBody(request, this)
    } else lease[Symbol.dispose]()
    if (problem === undefined) this.#next()
    else this.#next(problem)
  }

  failed(error: unknown): void {
    this.#leaveStreams()
    const request = this.#request
    const fail = () => this.runInAsyncScope(this.#next, undefined, failure.badRequest(error))
    // As body-parser does: the client gets its answer once it has sent everything, and so can read it. Where memory is short the client
    // is answered at once: reading on would undo most of the saving of the refusal.
    if (onFinished.isFinished(request) || Object(error).status === 503) fail()
    else {
      onFinished(request, fail)
      request.resume()
    }
  }

  #leaveStreams(): void {
    this.#unlisten?.()
    const decoder = this.#decoder
    if (decoder === undefined) return
    this.#request.unpipe(decoder)
    decoder.on('error', ignore)
    decoder.destroy()
    this.#request.resume()
  }
}

function ignore(): void {}
