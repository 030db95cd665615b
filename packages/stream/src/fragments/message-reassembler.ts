import { type Lease, PoolError } from '@pool/core'
import { invalid, type NonSharedBuffer, outsideRequests, plainLease, throwLater } from '@pool/core/kit'
import { crc32 } from './crc32.js'
import * as refused from './fragment-errors.js'
import { decodeHeader, type FragmentHeader, fragmentCount, fragmentHeaderBytes, malformed, sameMessage } from './fragment-header.js'
import { type MessageReassemblerOptions, type ReassemblerSettings, reassemblerSettings } from './message-reassembler-options.js'
import { MessageTable } from './message-table.js'
import { PartialMessage } from './partial-message.js'

/** The figures of a {@link MessageReassembler}: a snapshot. Counts since it was made. */
export interface ReassemblerStats {
  /** Whether it was closed. */
  readonly closed: boolean
  /** Messages that are incomplete now. */
  readonly partialMessages: number
  /** Bytes that they hold of the pool now. */
  readonly partialBytes: number
  /** Messages that became whole and are remembered now. */
  readonly recentMessages: number
  /** Messages handed on. */
  readonly messages: number
  /** Bytes of them. */
  readonly messageBytes: number
  /** Fragments taken in. */
  readonly fragments: number
  /** Fragments ignored because they had arrived before. */
  readonly duplicates: number
  /** Fragments ignored because their message had been handed on before. */
  readonly late: number
  /** Messages given up because they did not become whole in time. */
  readonly expired: number
  /** Messages given up by `forget`. */
  readonly forgotten: number
  /** Fragments refused with `ERR_POOL_FRAGMENT_INVALID`. */
  readonly malformed: number
  /** Fragments refused with `ERR_POOL_FRAGMENT_TOO_LARGE`. */
  readonly oversized: number
  /** Fragments refused with `ERR_POOL_FRAGMENT_CONFLICT`. */
  readonly conflicts: number
  /** Fragments refused with `ERR_POOL_FRAGMENT_LIMIT`. */
  readonly limited: number
  /** Messages given up with `ERR_POOL_FRAGMENT_CHECKSUM`. */
  readonly corrupt: number
}

/** A message that was handed on, remembered for a while so that its late fragments begin no new one. */
interface FinishedMessage {
  /** The header of its fragments; its `index` has no meaning here. */
  readonly header: FragmentHeader
  /** The sender of the message. */
  readonly source: unknown
  /** When it was handed on, in ms of the process's clock. */
  readonly at: number
}

/**
 * Makes messages whole again that {@link splitMessage} split: fragments in any order, duplicated, lost, of many messages and senders at
 * once, from peers that may be hostile. Memory is taken as bytes arrive, never as a header claims; messages, bytes and age are bounded.
 *
 * A reassembler holds memory for incomplete messages, so close it, or bind it with `using`. Its timer keeps no process alive.
 */
export class MessageReassembler {
  readonly #settings: ReassemblerSettings
  readonly #partial = new MessageTable<PartialMessage>()
  readonly #finished = new MessageTable<FinishedMessage>()
  readonly #counts = {
    ...{ messages: 0, messageBytes: 0, fragments: 0, duplicates: 0, late: 0, expired: 0, forgotten: 0 },
    ...{ malformed: 0, oversized: 0, conflicts: 0, limited: 0, corrupt: 0 }
  }
  readonly #maxMessageBytes: number
  #partialBytes = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  /** @throws `ERR_POOL_INVALID_OPTION` */
  constructor(options: MessageReassemblerOptions) {
    this.#settings = reassemblerSettings(options)
    this.#maxMessageBytes = Math.min(this.#settings.maxMessageBytes, this.#settings.pool.maxBytes)
  }

  /**
   * Takes a fragment in. Costs a copy of its piece and, once per message, a copy of its first half and a pass for the checksum.
   * @param fragment - a whole fragment, header and piece; yours again when the call returns
   * @param source - the sender of the fragment. Messages of different senders never mix, whatever their ids. Compared as the keys of a `Map`
   * are, and held while messages of it are incomplete or remembered. Default: all are of one sender
   * @returns the message, when this made it whole: a lease of exactly its bytes, which is yours to release; else `undefined`
   * @throws `ERR_POOL_FRAGMENT_INVALID`, `ERR_POOL_FRAGMENT_TOO_LARGE`, `ERR_POOL_FRAGMENT_CONFLICT`, `ERR_POOL_FRAGMENT_LIMIT`,
   * `ERR_POOL_CLOSED`, `ERR_POOL_INVALID_OPTION`, and any error of the pool's `lease`, such as `ERR_POOL_EXHAUSTED`: all is then as
   * before, and the same fragment may be added again. `ERR_POOL_FRAGMENT_CHECKSUM`: the message is given up, and may be sent anew
   */
  add(fragment: Uint8Array, source?: unknown): Lease<NonSharedBuffer> | undefined {
    if (this.#closed) throw new PoolError('ERR_POOL_CLOSED', 'This reassembler was closed. Make another one.')
    if (!(fragment instanceof Uint8Array)) throw invalid('fragment', 'a Uint8Array', fragment)
    const header = this.#read(fragment)
    const finished = this.#finished.get(source, header.messageId)
    if (finished !== undefined && sameMessage(finished.header, header)) {
      this.#counts.late++
      return undefined
    }
    const piece = fragment.subarray(fragmentHeaderBytes)
    const message = this.#partial.get(source, header.messageId)
    if (message === undefined) return fragmentCount(header) === 1 ? this.#whole(header, piece, source) : this.#begin(header, piece, source)
    if (!message.agrees(header)) throw this.#count('conflicts', refused.otherMessage(header, message.header))
    const earlier = message.piece(header.index)
    if (earlier === undefined) return this.#continue(message, header.index, piece)
    if (!earlier.equals(piece)) throw this.#count('conflicts', refused.otherBytes(header))
    this.#counts.duplicates++
    return undefined
  }

  /**
   * Gives up all that is incomplete, or remembered, of one source: when its connection ends.
   * @returns the number of incomplete messages given up
   */
  forget(source?: unknown): number {
    const messages = this.#partial.of(source)
    for (const message of messages) this.#drop(message)
    for (const message of this.#finished.of(source)) this.#finished.delete(message)
    this.#counts.forgotten += messages.length
    return messages.length
  }

  /** A snapshot of the figures, made on each call. */
  stats(): ReassemblerStats {
    return {
      closed: this.#closed,
      partialMessages: this.#partial.size,
      partialBytes: this.#partialBytes,
      recentMessages: this.#finished.size,
      ...this.#counts
    }
  }

  /** Gives all memory of incomplete messages back. Messages that were handed on stay their owner's. A second call does nothing. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (let message = this.#partial.oldest; message !== undefined; message = this.#partial.oldest) this.#drop(message)
    for (let message = this.#finished.oldest; message !== undefined; message = this.#finished.oldest) this.#finished.delete(message)
  }

  /** Closes the reassembler. */
  [Symbol.dispose](): void {
    this.close()
  }

  #read(fragment: Uint8Array): FragmentHeader {
    let header: FragmentHeader
    try {
      header = decodeHeader(fragment)
    } catch (error) {
      this.#counts.malformed++
      throw error
    }
    const { totalBytes, pieceBytes } = header
    if (totalBytes > this.#maxMessageBytes) throw this.#count('oversized', refused.tooLarge(totalBytes, this.#maxMessageBytes))
    const { minPieceBytes } = this.#settings
    if (pieceBytes < minPieceBytes && pieceBytes < totalBytes) {
      const reason = `its pieces have ${pieceBytes} bytes, minPieceBytes is ${minPieceBytes}`
      throw this.#count('malformed', malformed(reason))
    }
    return header
  }

  /** A message of one fragment is copied once, and never counts as incomplete. */
  #whole(header: FragmentHeader, piece: Uint8Array, source: unknown): Lease<NonSharedBuffer> {
    if (crc32(piece) !== header.checksum) throw this.#count('corrupt', refused.corrupt(header))
    const lease = piece.length === 0 ? plainLease(Buffer.alloc(0)) : this.#settings.pool.lease(piece.length)
    lease.buffer.set(piece)
    this.#counts.fragments++
    return this.#handOn(lease, header, source)
  }

  #begin(header: FragmentHeader, piece: Uint8Array, source: unknown): undefined {
    const { maxPartialMessages, pool } = this.#settings
    if (this.#partial.size >= maxPartialMessages) throw this.#count('limited', refused.tooMany(maxPartialMessages))
    const message = new PartialMessage(header, source, performance.now(), pool)
    this.#store(message, header.index, piece)
    this.#partial.add(message)
    this.#schedule()
  }

  #continue(message: PartialMessage, index: number, piece: Uint8Array): Lease<NonSharedBuffer> | undefined {
    this.#store(message, index, piece)
    if (!message.complete) return undefined
    this.#remove(message)
    const lease = message.take()
    if (crc32(lease.buffer) === message.header.checksum) return this.#handOn(lease, message.header, message.source)
    lease.release()
    throw this.#count('corrupt', refused.corrupt(message.header))
  }

  #store(message: PartialMessage, index: number, piece: Uint8Array): void {
    const { maxPartialBytes } = this.#settings
    const before = message.heldBytes
    if (this.#partialBytes - before + message.heldBytesWith(piece.length) > maxPartialBytes) {
      throw this.#count('limited', refused.tooMuch(maxPartialBytes))
    }
    message.store(index, piece)
    this.#partialBytes += message.heldBytes - before
    this.#counts.fragments++
  }

  #handOn(lease: Lease<NonSharedBuffer>, header: FragmentHeader, source: unknown): Lease<NonSharedBuffer> {
    this.#counts.messages++
    this.#counts.messageBytes += header.totalBytes
    const earlier = this.#finished.get(source, header.messageId)
    if (earlier !== undefined) this.#finished.delete(earlier)
    const { maxRecentMessages } = this.#settings
    if (maxRecentMessages > 0) {
      if (this.#finished.size >= maxRecentMessages) this.#finished.delete(this.#finished.oldest as FinishedMessage)
      this.#finished.add({ header, source, at: performance.now() })
      this.#schedule()
    }
    return lease
  }

  #drop(message: PartialMessage): void {
    this.#remove(message)
    message.release()
  }

  #remove(message: PartialMessage): void {
    this.#partial.delete(message)
    this.#partialBytes -= message.heldBytes
  }

  /** One timer for all: it is set for the oldest, and those that come meanwhile are due later. */
  #schedule(): void {
    if (this.#timer !== undefined || this.#closed) return
    const at = Math.min(this.#partial.oldest?.at ?? Number.POSITIVE_INFINITY, this.#finished.oldest?.at ?? Number.POSITIVE_INFINITY)
    if (at === Number.POSITIVE_INFINITY) return
    const dueAt = at + this.#settings.maxAgeMs
    this.#timer = outsideRequests(() => setTimeout(() => this.#expire(dueAt), Math.max(1, dueAt - performance.now())))
    this.#timer.unref()
  }

  #expire(dueAt: number): void {
    this.#timer = undefined
    // A timer may fire a fraction of a millisecond early by the clock; the message that it was set for is due all the same.
    const latest = Math.max(performance.now(), dueAt) - this.#settings.maxAgeMs
    for (let message = this.#finished.oldest; message !== undefined && message.at <= latest; message = this.#finished.oldest) {
      this.#finished.delete(message)
    }
    for (let message = this.#partial.oldest; message !== undefined && message.at <= latest; message = this.#partial.oldest) {
      this.#drop(message)
      this.#counts.expired++
      this.#tell(message)
    }
    this.#schedule()
  }

  #tell({ header, source, receivedBytes, receivedFragments }: PartialMessage): void {
    const { messageId, totalBytes } = header
    try {
      this.#settings.onExpire?.({ source, messageId, totalBytes, receivedBytes, fragments: fragmentCount(header), receivedFragments })
    } catch (error) {
      throwLater(error)
    }
  }

  #count(figure: 'malformed' | 'oversized' | 'conflicts' | 'limited' | 'corrupt', error: PoolError): PoolError {
    this.#counts[figure]++
    return error
  }
}
