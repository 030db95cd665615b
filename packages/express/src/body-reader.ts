import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import type { Lease } from '@pool/core'
import onFinished from 'on-finished'
import { BodyMemory } from './body-memory.js'
import { knowsCharset } from './body-parser.js'
import type { BodySettings } from './body-settings.js'
import type { Next } from './connect.js'
import * as failure from './http-failure.js'
import { type BodyKeeper, type BodyRequest, forgetBody, keepBody } from './request-body.js'
import { whenOver } from './response-over.js'

/** What a lease is for. */
enum Purpose {
  /** A body of known length, before any of it is read. */
  Whole,
  /** A body of known length whose chunks were kept: they, and what follows. */
  Collected,
  /** The rest of a chunk, and what may follow. */
  Segment,
  /** All that was read into segments. */
  Gathering
}

const resourceOptions = { requireManualDestroy: true }

/**
 * Reads one body: state, async context and owner of the memory in one object.
 *
 * ```
 *   start ─► lease ─► receive … receive ─► end ─► verify ─► parse ─► next()          over ─► memory back
 *     └────────────► receive … receive ─► lease, end
 *              │ nothing free: wait, with nothing read meanwhile
 *              └ too large, aborted, corrupt, 503 ─► memory back ─► drain ─► next(error)
 * ```
 */
export class BodyReader extends AsyncResource implements BodyKeeper {
  readonly #settings: BodySettings
  readonly #request: BodyRequest
  readonly #response: ServerResponse
  readonly #next: Next
  readonly #decoder: Transform | undefined
  readonly #charset: string | null
  readonly #length: number | null
  readonly #memory: BodyMemory
  #isReading = true
  #unlisten: (() => void) | undefined = undefined
  #lease: Lease<Buffer> | undefined = undefined
  #body: Buffer | undefined = undefined
  #waiting: AbortController | undefined = undefined
  #rest: Buffer | undefined = undefined

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
    this.#memory = new BodyMemory(Math.floor(settings.limit), this.#length)
  }

  /** Reads, and calls `next` at the end, whatever comes. */
  start(): void {
    const request = this.#request
    const isOpen = whenOver(this.#response, request.socket, () => this.#over())
    const refusal = isOpen ? this.#refusal() : this.#aborted()
    if (refusal !== undefined) this.#fail(refusal)
    else if (this.#length === null || this.#length === 0 || this.#collects()) this.#listen()
    else this.#obtain(this.#length, Purpose.Whole)
  }

  /** Whether chunks are kept until the end. Where others wait for memory, this body waits too, before it is read. */
  #collects(): boolean {
    const { admission, collecting } = this.#settings
    return admission.waiting === 0 && this.#memory.collect(collecting)
  }

  #listen(): void {
    const request = this.#request
    const decoder = this.#decoder
    const source = this.#source
    const onData = (chunk: Buffer | string): void => this.#receive(chunk)
    const onEnd = (): void => this.#end()
    const onError = (error: NodeJS.ErrnoException): void => this.#fail(error.code === 'ECONNRESET' ? this.#aborted() : error)
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

  hold(): Lease<Buffer> | undefined {
    return this.#lease?.retain()
  }

  get #source(): Readable {
    return this.#decoder ?? this.#request
  }

  #refusal(): Error | undefined {
    const { limit } = this.#settings
    const length = this.#length
    if (length !== null && length > limit) return failure.tooLarge(limit, { expected: length, length })
    const { readableEncoding, readable } = this.#source
    // A stream of an adapter may have neither property.
    if (readableEncoding) return failure.encodingSet()
    if (readable === false) return failure.notReadable()
    const charset = this.#charset
    return charset === null || knowsCharset(charset) ? undefined : failure.charsetUnknown(charset)
  }

  #receive(chunk: Buffer | string): void {
    if (!this.#isReading) return
    // An earlier middleware called setEncoding() meanwhile.
    if (typeof chunk === 'string') {
      this.#fail(failure.encodingSet())
      return
    }
    const memory = this.#memory
    const received = memory.received + chunk.length
    if (received > this.#settings.limit) this.#fail(failure.tooLarge(this.#settings.limit, { received }))
    else if (!memory.write(chunk)) this.#makeRoom(chunk)
  }

  #makeRoom(chunk: Buffer): void {
    const before = this.#memory.received
    const wanted = this.#memory.fill(chunk)
    if (wanted === 0) return
    this.#rest = chunk.subarray(this.#memory.received - before)
    this.#obtain(wanted, this.#memory.isCollected ? Purpose.Collected : Purpose.Segment)
  }

  /** Leases now, or with the source paused until there is something, or fails with 503. */
  #obtain(bytes: number, purpose: Purpose): void {
    let lease: Lease<Buffer> | undefined
    try {
      lease = this.#settings.admission.now(bytes, this.#response)
    } catch (error) {
      this.#fail(error)
      return
    }
    if (lease === undefined) void this.#wait(bytes, purpose)
    else this.#use(lease, purpose)
  }

  async #wait(bytes: number, purpose: Purpose): Promise<void> {
    if (purpose !== Purpose.Whole) this.#source.pause()
    this.#waiting = new AbortController()
    let lease: Lease<Buffer>
    try {
      lease = await this.#settings.admission.wait(bytes, this.#waiting.signal, this.#response)
    } catch (error) {
      if (this.#isReading) this.#fail(error)
      return
    }
    this.#waiting = undefined
    if (this.#isReading) {
      this.#use(lease, purpose)
      this.#source.resume()
    } else lease.release()
  }

  #use(lease: Lease<Buffer>, purpose: Purpose): void {
    const memory = this.#memory
    const rest = this.#rest
    this.#rest = undefined
    try {
      if (purpose === Purpose.Gathering) memory.gatherInto(lease)
      else memory.add(lease)
    } catch (error) {
      // A pool that is not of this family may lease what it should not; here, an exception would end the process.
      this.#fail(error)
      return
    }
    if (purpose === Purpose.Whole) this.#listen()
    else if (rest !== undefined) memory.fill(rest)
    else this.runInAsyncScope(this.#complete, this)
  }

  #end(): void {
    if (!this.#isReading) return
    const { received, isCollected, isScattered } = this.#memory
    const length = this.#length
    if (length !== null && length !== received) this.#fail(failure.sizeMismatch(length, received))
    else if (isCollected && received > 0) this.#obtain(received, Purpose.Collected)
    else if (isScattered) this.#obtain(received, Purpose.Gathering)
    else this.runInAsyncScope(this.#complete, this)
  }

  /** The response is finished, closed or aborted. */
  #over(): void {
    if (this.#isReading) this.#fail(this.#aborted())
    const lease = this.#lease
    if (lease === undefined) return
    this.#lease = undefined
    forgetBody(this.#request, this.#body as Buffer, this.#settings.debug)
    // Not release(): it throws where the application transferred the memory away, and here that would end the process.
    lease[Symbol.dispose]()
  }

  #aborted(): Error {
    return failure.aborted(this.#length, this.#memory.received)
  }

  #complete(): void {
    this.#isReading = false
    this.#leaveStreams()
    const { verify, parser } = this.#settings
    const request = this.#request
    const lease = this.#memory.take()
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

  #fail(error: unknown): void {
    if (!this.#isReading) return
    this.#isReading = false
    this.#memory.release()
    this.#waiting?.abort()
    this.#leaveStreams()
    const request = this.#request
    const fail = () => this.runInAsyncScope(this.#next, undefined, failure.badRequest(error))
    // As body-parser does: the client gets its answer once it has sent everything, and so can read it. Where memory is short it is
    // answered at once: reading on would cost most of what the refusal spares.
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
