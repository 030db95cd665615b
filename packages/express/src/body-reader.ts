import { AsyncResource } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import { isPoolError, type Lease } from '@pool/core'
import onFinished from 'on-finished'
import { BodyMemory } from './body-memory.js'
import { type BodyParser, knowsCharset } from './body-parser.js'
import type { BodySettings } from './body-settings.js'
import { type BodyHolder, setBodyHolder } from './body-slot.js'
import type { Next } from './connect.js'
import * as failure from './http-failure.js'
import { endWithResponse, type ResponseBound } from './response-bound.js'

enum Phase {
  /** Taking chunks. */
  Reading,
  /** Everything was handed to `next`; the body may be out. */
  Done
}

const slot = Symbol('reader')
const resourceOptions = { requireManualDestroy: true }

/** A request, or the stream that inflates it. */
interface Source extends Readable {
  [slot]?: BodyReader
}

/**
 * Reads one body: the only object of ours per request, listener, async context and owner of the memory at once.
 *
 * ```
 *   start ─► receive … receive ─► end ─► verify ─► parse ─► next()          responseOver ─► memory back
 *                │ nothing free: pause, wait, resume
 *                └ too large, aborted, corrupt, 503 ─► memory back ─► drain ─► next(error)
 * ```
 */
export class BodyReader extends AsyncResource implements ResponseBound, BodyHolder {
  nextBound: ResponseBound | undefined = undefined
  readonly #settings: BodySettings
  readonly #request: IncomingMessage & { body?: unknown }
  readonly #response: ServerResponse
  readonly #next: Next
  readonly #decoder: Transform | undefined
  readonly #charset: string | null
  readonly #length: number | null
  readonly #memory: BodyMemory
  #phase: Phase = Phase.Reading
  #lease: Lease<Buffer> | undefined = undefined
  #body: Buffer | undefined = undefined
  #waiting: AbortController | undefined = undefined

  /** A reader of `request`, through `decoder` where it is compressed. */
  constructor(
    settings: BodySettings,
    request: IncomingMessage,
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
    this.#memory = new BodyMemory(settings.limit, this.#length)
  }

  /** Reads, and calls `next` at the end, whatever comes. */
  start(): void {
    const source: Source = this.#decoder ?? this.#request
    if (this.#decoder !== undefined) this.#request.pipe(this.#decoder)
    endWithResponse(this, this.#response, this.#request.socket)
    const refusal = this.#refusal(source)
    if (refusal === undefined) this.#listenTo(source)
    else this.#fail(refusal)
  }

  #listenTo(source: Source): void {
    source[slot] = this
    source.on('data', onData)
    source.on('end', onEnd)
    source.on('error', onError)
    if (source !== this.#request) {
      ;(this.#request as Source)[slot] = this
      this.#request.on('error', onError)
    }
    this.#request.on('close', onClose)
  }

  #refusal(source: Readable): Error | undefined {
    const { limit } = this.#settings
    const length = this.#length
    if (length !== null && length > limit) return failure.tooLarge(limit, { expected: length, length })
    if (source.readableEncoding !== null) return failure.encodingSet()
    if (!source.readable) return failure.notReadable()
    const charset = this.#charset
    return charset === null || knowsCharset(charset) ? undefined : failure.charsetUnknown(charset)
  }

  /** A chunk came. */
  receive(chunk: Buffer): void {
    if (this.#phase !== Phase.Reading) return
    const memory = this.#memory
    const received = memory.received + chunk.length
    if (received > this.#settings.limit) this.#fail(failure.tooLarge(this.#settings.limit, { received }))
    else if (!memory.write(chunk)) this.#makeRoom(chunk)
  }

  #makeRoom(chunk: Buffer): void {
    const before = this.#memory.received
    const wanted = this.#memory.fill(chunk)
    if (wanted === 0) return
    const rest = chunk.subarray(this.#memory.received - before)
    this.#obtain(wanted, (lease) => {
      this.#memory.add(lease)
      this.#memory.write(rest)
    })
  }

  /** Leases now, or waits with the source paused; fails with 503 when there is nothing in time. */
  #obtain(bytes: number, use: (lease: Lease<Buffer>) => void): void {
    const { pool, waitMs } = this.#settings
    let lease: Lease<Buffer>
    try {
      lease = pool.lease(bytes)
    } catch (error) {
      if (waitMs > 0 && isPoolError(error, 'ERR_POOL_EXHAUSTED')) void this.#wait(bytes, use)
      else this.#refuse(error)
      return
    }
    use(lease)
  }

  async #wait(bytes: number, use: (lease: Lease<Buffer>) => void): Promise<void> {
    const source = this.#decoder ?? this.#request
    source.pause()
    this.#waiting = new AbortController()
    let lease: Lease<Buffer>
    try {
      const { pool, waitMs } = this.#settings
      lease = await pool.leaseAsync(bytes, { timeoutMs: waitMs, signal: this.#waiting.signal })
    } catch (error) {
      if (this.#phase === Phase.Reading) this.#refuse(error)
      return
    }
    this.#waiting = undefined
    if (this.#phase === Phase.Reading) {
      use(lease)
      source.resume()
    } else lease.release()
  }

  #refuse(error: unknown): void {
    const { retryAfterSeconds } = this.#settings
    this.#fail(failure.unavailable(error, retryAfterSeconds))
  }

  /** The source has ended. */
  end(): void {
    if (this.#phase !== Phase.Reading) return
    const memory = this.#memory
    const length = this.#length
    if (length !== null && length !== memory.received) this.#fail(failure.sizeMismatch(length, memory.received))
    else if (memory.isScattered) {
      this.#obtain(memory.received, (whole) => {
        memory.gatherInto(whole)
        this.runInAsyncScope(this.#complete, this)
      })
    } else this.runInAsyncScope(this.#complete, this)
  }

  /** The source, or the request below it, broke. */
  broken(error: Error): void {
    if (this.#phase === Phase.Reading) this.#fail(error)
  }

  /** The request is closed; unless it had ended, the client went away. */
  closed(): void {
    if (this.#phase === Phase.Reading && !this.#request.readableEnded) this.#abort()
  }

  responseOver(): void {
    if (this.#phase === Phase.Reading) this.#abort()
    else {
      const request = this.#request
      if (request.body === this.#body) request.body = undefined
      this.#body = undefined
      this.#release()
    }
  }

  hold(): Lease<Buffer> | undefined {
    return this.#lease?.retain()
  }

  #abort(): void {
    this.#fail(failure.aborted(this.#length, this.#memory.received))
  }

  #complete(): void {
    this.#phase = Phase.Done
    this.#leaveDecoder()
    const { verify, parser } = this.#settings
    const request = this.#request
    const lease = this.#memory.take()
    const body = lease.buffer
    this.#lease = lease
    try {
      verify?.(request, this.#response, body, this.#charset)
    } catch (error) {
      this.#next(failure.bodyFailure(403, error, 'entity.verify.failed', body))
      return
    }
    if (parser !== undefined) this.#parse(parser, lease)
    else {
      this.#body = body
      request.body = body
      setBodyHolder(request, this)
      this.#next()
    }
  }

  #parse(parser: BodyParser, lease: Lease<Buffer>): void {
    let text: string | undefined
    try {
      text = parser.decode(lease.buffer, this.#charset as string)
      this.#request.body = parser.parse(text)
    } catch (error) {
      this.#release()
      this.#next(failure.bodyFailure(400, error, 'entity.parse.failed', text))
      return
    }
    this.#release()
    this.#next()
  }

  #release(): void {
    const lease = this.#lease
    this.#lease = undefined
    lease?.release()
  }

  #fail(error: unknown): void {
    this.#phase = Phase.Done
    this.#memory.release()
    this.#waiting?.abort()
    this.#leaveDecoder()
    const request = this.#request
    const fail = () => this.runInAsyncScope(this.#next, undefined, failure.badRequest(error))
    // As body-parser does: the client gets its answer once it has sent everything, and so can read it.
    if (onFinished.isFinished(request)) fail()
    else {
      onFinished(request, fail)
      request.resume()
    }
  }

  #leaveDecoder(): void {
    const decoder = this.#decoder
    if (decoder === undefined) return
    this.#request.unpipe(decoder)
    decoder.on('error', ignore)
    decoder.destroy()
    this.#request.resume()
  }
}

function onData(this: Source, chunk: Buffer): void {
  this[slot]!.receive(chunk)
}

function onEnd(this: Source): void {
  this[slot]!.end()
}

function onError(this: Source, error: Error): void {
  this[slot]!.broken(error)
}

function onClose(this: Source): void {
  this[slot]!.closed()
}

function ignore(): void {}
