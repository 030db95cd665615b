import type { Lease } from '@pool/core'
import { type Framing, type NonSharedBuffer, plainLease, varintWith } from '@pool/core/kit'
import { malformedLength, tooLarge, truncated } from '../connection-errors.js'
import type { ConnectionReader } from '../reading/connection-reader.js'
import type { ReadRequest } from '../reading/pending-read.js'
import type { Segment } from '../reading/segment.js'
import { type BegunMessage, begunMessageOf, unknown } from './begun-message.js'

const newline = 10
const newlineBytes = Buffer.from([newline])

/** Finds the messages among the bytes of one connection, one at a time; a read of the next one, too, which is done before another begins. */
export class FrameFinder implements ReadRequest<Lease<NonSharedBuffer>> {
  readonly #reader: ConnectionReader
  readonly #framing: Framing
  readonly #maxBytes: number
  readonly #begun: BegunMessage
  /** Up to here no newline was found: bytes from the beginning of the connection, since another reader may consume bytes between two searches. */
  #searched = 0
  wantedBytes = 0
  wholeBytes = 0

  /** Begins where the connection stands. */
  constructor(reader: ConnectionReader, framing: Framing, maxBytes: number) {
    this.#reader = reader
    this.#framing = framing
    this.#maxBytes = maxBytes
    this.#begun = begunMessageOf(reader)
  }

  /** The next message, in `into` where that is given; nothing when it is not all there. */
  next(into?: Lease<NonSharedBuffer>): Lease<NonSharedBuffer> | undefined {
    const begun = this.#begun
    if (begun.bytes !== unknown) begun.checkUntouched()
    if (begun.bytes === unknown) {
      if (this.#framing === 'newline') return this.#nextLine(into)
      const message = this.#framing === 'u32be' ? this.#nextAtHand() : undefined
      if (message !== undefined) return message
      if (!this.#readLength()) return undefined
    }
    const { bytes } = begun
    if (bytes > this.#maxBytes) throw tooLarge(bytes, this.#maxBytes, 'maxMessageBytes')
    if (bytes > this.#reader.intake.ahead.length) return undefined
    const message = this.#take(bytes, into)
    begun.end()
    return message
  }

  /** A read of the next message. */
  request(): this {
    const begun = this.#begun
    if (begun.bytes !== unknown) begun.checkUntouched()
    this.wholeBytes = Math.max(0, begun.bytes)
    this.wantedBytes = this.wholeBytes
    return this
  }

  attempt(into?: Lease<NonSharedBuffer>): Lease<NonSharedBuffer> | undefined {
    const message = this.next(into)
    if (message !== undefined) return message
    const { bytes } = this.#begun
    this.wholeBytes = bytes === unknown ? 0 : bytes
    this.wantedBytes = bytes === unknown ? this.#reader.intake.ahead.length + 1 : bytes
    return undefined
  }

  atEnd(length: number): undefined {
    const { bytes } = this.#begun
    if (length > 0 || bytes !== unknown) throw truncated(length, Math.max(length + 1, bytes))
    return undefined
  }

  /** The next message, where its length, itself and more lie in one segment, as most of a burst of short ones do; see decision 0373. */
  #nextAtHand(): Lease<NonSharedBuffer> | undefined {
    const { first } = this.#reader.intake.ahead
    if (first === undefined || first.length <= 4) return undefined
    const length = u32be(first)
    if (length === 0 || length > this.#maxBytes || first.length <= 4 + length) return undefined
    return this.#reader.takeBehind(4, length)
  }

  /** Consumes the length of the next message; false when it is not all there. */
  #readLength(): boolean {
    const { ahead } = this.#reader.intake
    const first = ahead.first
    if (this.#framing === 'varint') return this.#readVarint()
    if (first === undefined || ahead.length < 4) return false
    let length: number
    if (first.length >= 4) length = u32be(first)
    else length = ahead.byteAt(0) * 0x1000000 + ((ahead.byteAt(1) << 16) | (ahead.byteAt(2) << 8) | ahead.byteAt(3))
    return this.#begin(length, 4)
  }

  #readVarint(): boolean {
    const { ahead } = this.#reader.intake
    let length = 0
    for (let index = 0; index < ahead.length; index++) {
      const byte = ahead.byteAt(index)
      length = varintWith(length, index, byte)
      if (Number.isNaN(length)) throw malformedLength()
      if (byte < 128) return this.#begin(length, index + 1)
    }
    return false
  }

  #begin(length: number, prefixBytes: number): true {
    if (length > this.#maxBytes) throw tooLarge(length, this.#maxBytes, 'maxMessageBytes')
    this.#reader.skipNow(prefixBytes)
    this.#begun.begin(length)
    return true
  }

  #nextLine(into: Lease<NonSharedBuffer> | undefined): Lease<NonSharedBuffer> | undefined {
    const { ahead, bytesRead, consumedBytes } = this.#reader.intake
    const found = ahead.indexOf(newlineBytes, Math.max(0, this.#searched - consumedBytes))
    const bytes = found < 0 ? ahead.length : found
    if (bytes > this.#maxBytes) throw tooLarge(bytes, this.#maxBytes, 'maxMessageBytes')
    if (found < 0) {
      this.#searched = bytesRead
      return undefined
    }
    const message = this.#take(bytes, into)
    this.#reader.skipNow(1)
    return message
  }

  #take(bytes: number, into: Lease<NonSharedBuffer> | undefined): Lease<NonSharedBuffer> {
    // Remembered for the case that there is no memory for the message.
    this.wholeBytes = bytes
    this.wantedBytes = bytes
    const message = bytes === 0 ? plainLease(Buffer.alloc(0)) : this.#reader.take(bytes, into)
    this.wholeBytes = 0
    this.wantedBytes = 0
    return message
  }
}

/** The number that the next four bytes of a segment are. */
function u32be({ bytes, start }: Segment): number {
  return at(bytes, start) * 0x1000000 + ((at(bytes, start + 1) << 16) | (at(bytes, start + 2) << 8) | at(bytes, start + 3))
}

function at(bytes: Buffer, index: number): number {
  return bytes[index] as number
}
