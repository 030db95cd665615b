import { isPoolError, type Lease, type NonSharedBuffer, type ReadOptions } from '@pool/core'
import * as check from '@pool/core/kit'
import { connectionClosed, readPending, tooLarge, truncated } from '../connection-errors.js'
import type { ConnectionSettings } from '../connection-options.js'
import type { GroupTally } from '../server/group-tally.js'
import { ByteIntake, type IntakeParties } from './byte-intake.js'
import { type LeaseConsumer, LeaseLoop, type LoopParties } from './lease-loop.js'
import { PendingRead, type ReadRequest } from './pending-read.js'

/** The connection below a reader. */
export interface ReadSource {
  /** Goes on reading from the system. */
  resume(): void
  /** The connection can't go on. */
  failed(error: unknown): void
  /** A read was answered with the peer's end. */
  endSeen(): void
}

/** The pull side of one connection: answers reads from the bytes that were taken in, or lets one wait. */
export class ConnectionReader implements IntakeParties, LoopParties {
  readonly #settings: ConnectionSettings
  readonly #source: ReadSource
  /** Where the bytes are taken in. */
  readonly intake: ByteIntake
  #pending: PendingRead | undefined = undefined
  #hasEnded = false
  #isClosed = false
  #isDiscarding = false
  #closedWith: unknown = undefined

  /** A side where nothing arrived yet. */
  constructor(settings: ConnectionSettings, tally: GroupTally, source: ReadSource) {
    this.#settings = settings
    this.#source = source
    this.intake = new ByteIntake(settings, tally, this)
  }

  /** The most bytes that one read may give. */
  get maxMessageBytes(): number {
    return this.#settings.maxMessageBytes
  }

  /** Whether the peer has ended and no byte is left. */
  get ended(): boolean {
    return this.#hasEnded && this.intake.ahead.length === 0
  }

  resume(): void {
    if (!this.#hasEnded) this.#source.resume()
  }

  failed(error: unknown): void {
    this.#source.failed(error)
  }

  /** The peer has ended. */
  peerEnded(): void {
    this.#hasEnded = true
    this.serve()
  }

  /** Throws away all unread bytes, and all that still come; no read is answered any more. */
  discard(error: unknown): void {
    this.#isDiscarding = true
    this.#closedWith ??= error
    this.intake.discard()
    this.#fail()
  }

  /** No more bytes come. The unread ones can still be read, where the peer had ended and there was no error. */
  close(error: unknown): void {
    this.#isClosed = true
    this.intake.close()
    if (!this.#hasEnded || error !== undefined) this.discard(error)
  }

  tryRead(bytes: number): Lease<NonSharedBuffer> | undefined {
    this.#checkBytes(bytes)
    this.checkFree()
    return bytes <= this.intake.ahead.length ? this.take(bytes) : undefined
  }

  read(bytes: number, options?: ReadOptions): Promise<Lease<NonSharedBuffer> | undefined> {
    return this.perform(options, () => {
      this.#checkBytes(bytes)
      return { wantedBytes: bytes, wholeBytes: bytes, attempt: (into) => this.take(bytes, into), atEnd: endedBefore(bytes) }
    })
  }

  tryReadSome(maxBytes: number = this.#settings.maxMessageBytes): Lease<NonSharedBuffer> | undefined {
    this.#checkBytes(maxBytes, 'maxBytes')
    this.checkFree()
    return this.takeSome(maxBytes)
  }

  readSome(maxBytes: number = this.#settings.maxMessageBytes, options?: ReadOptions): Promise<Lease<NonSharedBuffer> | undefined> {
    return this.perform(options, () => {
      this.#checkBytes(maxBytes, 'maxBytes')
      return this.#some(maxBytes)
    })
  }

  consume(consumer: LeaseConsumer, options?: Pick<ReadOptions, 'signal'>): Promise<void> {
    return this.repeat(consumer, options, () => this.#some(this.#settings.maxMessageBytes))
  }

  tryReadUntil(delimiter: number | Uint8Array, maxBytes?: number): Lease<NonSharedBuffer> | undefined {
    const request = this.#until(delimiter, maxBytes)
    this.checkFree()
    return request.attempt()
  }

  readUntil(delimiter: number | Uint8Array, maxBytes?: number, options?: ReadOptions): Promise<Lease<NonSharedBuffer> | undefined> {
    return this.perform(options, () => this.#until(delimiter, maxBytes))
  }

  tryPeek(bytes: number): NonSharedBuffer | undefined {
    this.#checkBytes(bytes)
    this.checkFree()
    return bytes <= this.intake.ahead.length ? this.intake.ahead.peek(bytes) : undefined
  }

  peek(bytes: number, options?: ReadOptions): Promise<NonSharedBuffer | undefined> {
    return this.perform(options, () => {
      this.#checkBytes(bytes)
      return { wantedBytes: bytes, wholeBytes: 0, attempt: () => this.intake.ahead.peek(bytes), atEnd: endedBefore(bytes) }
    })
  }

  trySkip(bytes: number): number {
    check.validInteger('bytes', bytes, 0, Number.MAX_SAFE_INTEGER)
    this.checkFree()
    return this.skipNow(bytes)
  }

  async skip(bytes: number, options?: ReadOptions): Promise<number> {
    check.validInteger('bytes', bytes, 0, Number.MAX_SAFE_INTEGER)
    let left = bytes
    const attempt = (): number | undefined => {
      left -= this.skipNow(left)
      return left === 0 ? bytes : undefined
    }
    const atEnd = (): number => bytes - left
    return (await this.perform(options, () => ({ wantedBytes: 0, wholeBytes: 0, attempt, atEnd }))) as number
  }

  /** Answers a request now, or when there are bytes enough. */
  perform<T>(options: ReadOptions | undefined, makeRequest: () => ReadRequest<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      if (options !== undefined) checkReadOptions(options)
      const request = makeRequest()
      this.checkFree()
      if (options?.signal?.aborted) throw options.signal.reason
      if (this.#isDiscarding) throw this.#closedWith
      this.#begin(new PendingRead<T>(request, options, resolve, reject, this) as PendingRead)
    })
  }

  /** Calls `consumer` with the lease that answers a request, again and again until the peer ends. */
  repeat(
    consumer: LeaseConsumer,
    options: Pick<ReadOptions, 'signal'> | undefined,
    makeRequest: () => ReadRequest<Lease<NonSharedBuffer>>
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      check.validFunction('consumer', consumer)
      if (options !== undefined) check.validOptions('options', options, ['signal'])
      const signal = check.optionalSignal(options?.signal)
      this.checkFree()
      if (signal?.aborted) throw signal.reason
      if (this.#isDiscarding) throw this.#closedWith
      this.#begin(new LeaseLoop(makeRequest(), consumer, signal, resolve, reject, this) as PendingRead)
    })
  }

  goOn(loop: LeaseLoop): void {
    if (this.#pending === loop) this.#begin(loop as PendingRead)
  }

  calledOff(read: PendingRead<unknown>): void {
    if (this.#pending === read) this.#await(undefined)
  }

  /** @throws `ERR_POOL_READ_PENDING` while a read waits */
  checkFree(): void {
    if (this.#pending !== undefined) throw readPending()
  }

  /** Consumes the next `bytes`, which are there, as a lease: `into`, where that is given. */
  take(bytes: number, into?: Lease<NonSharedBuffer>): Lease<NonSharedBuffer> {
    const { ahead } = this.intake
    const lease = into === undefined ? ahead.take(bytes) : ahead.takeInto(into)
    if (this.intake.isStopped) this.intake.relieve()
    return lease
  }

  /** Consumes `prefixBytes`, and the `bytes` behind them as a lease; the first segment holds more than both. */
  takeBehind(prefixBytes: number, bytes: number): Lease<NonSharedBuffer> {
    const lease = this.intake.ahead.takeBehind(prefixBytes, bytes)
    if (this.intake.isStopped) this.intake.relieve()
    return lease
  }

  /** Throws away up to `bytes` of those that are there. */
  skipNow(bytes: number): number {
    const count = Math.min(bytes, this.intake.ahead.length)
    this.intake.ahead.skip(count)
    if (this.intake.isStopped) this.intake.relieve()
    return count
  }

  #some(maxBytes: number): ReadRequest<Lease<NonSharedBuffer>> {
    return new SomeRead(this, maxBytes)
  }

  /** Consumes the bytes that are there in one piece, up to `maxBytes`. */
  takeSome(maxBytes: number): Lease<NonSharedBuffer> | undefined {
    const { first } = this.intake.ahead
    return first === undefined ? undefined : this.take(Math.min(maxBytes, first.length))
  }

  #until(delimiter: number | Uint8Array, maxBytes: number = this.#settings.maxMessageBytes): ReadRequest<Lease<NonSharedBuffer>> {
    this.#checkBytes(maxBytes, 'maxBytes')
    const sought = sequenceOf(delimiter)
    let from = 0
    const request: ReadRequest<Lease<NonSharedBuffer>> = {
      wantedBytes: sought.length,
      wholeBytes: 0,
      attempt: () => {
        const { ahead } = this.intake
        const at = ahead.indexOf(sought, from)
        const bytes = at < 0 ? ahead.length : at + sought.length
        if (bytes > maxBytes || (at < 0 && bytes === maxBytes)) throw tooLarge(bytes, maxBytes, 'maxBytes')
        request.wantedBytes = at < 0 ? bytes + 1 : bytes
        if (at >= 0) return this.take(bytes)
        // It may begin in the last bytes, and end in those that come.
        from = Math.max(0, bytes - sought.length + 1)
        return undefined
      },
      atEnd: endedBefore(sought.length)
    }
    return request
  }

  #begin(read: PendingRead): void {
    this.#await(read)
    this.serve()
    if (this.#pending === undefined || this.#pending.isBusy) return
    if (this.#isClosed && !this.intake.isStarving) this.#fail()
    else this.intake.relieve()
  }

  #await(read: PendingRead | undefined): void {
    this.#pending = read
    this.intake.isAwaited = read !== undefined
    this.intake.wantedBytes = read === undefined ? 0 : read.request.wantedBytes
    this.intake.wholeBytes = read === undefined ? 0 : read.request.wholeBytes
  }

  /** Answers the read that waits, if there are bytes enough; a loop as often as there are. */
  serve(): void {
    for (let read = this.#pending; read !== undefined && !read.isBusy; read = this.#pending) {
      if (!this.#serveOnce(read)) return
    }
  }

  /** Returns whether it was answered, a loop to its end. */
  #serveOnce(read: PendingRead): boolean {
    const { request } = read
    const { ahead } = this.intake
    // The attempt, or its consumer, may begin another read.
    this.#await(undefined)
    try {
      let value: unknown
      while (ahead.length >= request.wantedBytes) {
        value = request.attempt()
        if (value === undefined) break
        this.#answer(read, value)
        if (this.#pending !== read || read.isBusy) return true
      }
      if (!this.#hasEnded) {
        this.#await(read)
        return false
      }
      this.#await(undefined)
      if (this.ended) this.#source.endSeen()
      value = request.atEnd(ahead.length)
      read.serve(value)
    } catch (error) {
      if (isPoolError(error, 'ERR_POOL_EXHAUSTED') && !this.#isDiscarding) {
        this.#await(read)
        this.intake.starve(request.wantedBytes)
        return false
      }
      this.#await(undefined)
      read.fail(error)
    }
    return true
  }

  /** Answers the read that waits with memory that was waited for. */
  serveInto(lease: Lease<NonSharedBuffer>): void {
    const read = this.#pending as PendingRead
    this.#await(undefined)
    this.#answer(read, read.request.attempt(lease))
  }

  #answer(read: PendingRead, value: unknown): void {
    // Until a loop is done with it no other read may begin.
    if (read.repeats) this.#pending = read
    read.serve(value)
  }

  #fail(): void {
    const read = this.#pending
    this.#await(undefined)
    read?.fail(this.#closedWith ?? connectionClosed())
  }

  #checkBytes(bytes: number, name = 'bytes'): void {
    const { maxMessageBytes } = this.#settings
    if (typeof bytes === 'number' && bytes > maxMessageBytes) throw tooLarge(bytes, maxMessageBytes, 'maxMessageBytes')
    check.validInteger(name, bytes, 1, maxMessageBytes)
  }
}

/** A read of the available bytes. Many connections wait in one, so it has no functions of its own. */
class SomeRead implements ReadRequest<Lease<NonSharedBuffer>> {
  readonly #reader: ConnectionReader
  readonly #maxBytes: number
  readonly wantedBytes = 1
  readonly wholeBytes = 0

  constructor(reader: ConnectionReader, maxBytes: number) {
    this.#reader = reader
    this.#maxBytes = maxBytes
  }

  attempt(): Lease<NonSharedBuffer> | undefined {
    return this.#reader.takeSome(this.#maxBytes)
  }

  atEnd(): undefined {
    return undefined
  }
}

/** For a read that the peer's end cuts short: an error when it ended within, else nothing. */
export function endedBefore(wantedBytes: number): (length: number) => undefined {
  return (length) => {
    if (length > 0) throw truncated(length, wantedBytes)
    return undefined
  }
}

function sequenceOf(delimiter: number | Uint8Array): NonSharedBuffer {
  if (typeof delimiter === 'number') return Buffer.from([check.validInteger('delimiter', delimiter, 0, 255)])
  if (!(delimiter instanceof Uint8Array) || delimiter.length === 0 || delimiter.length > 1024) {
    throw check.invalid('delimiter', 'a byte, or 1 to 1024 bytes', delimiter)
  }
  return Buffer.from(delimiter)
}

function checkReadOptions(options: ReadOptions): void {
  check.validOptions('options', options, ['timeoutMs', 'signal'])
  check.validTimeout('timeoutMs', options.timeoutMs, Number.POSITIVE_INFINITY)
  check.optionalSignal(options.signal)
}
