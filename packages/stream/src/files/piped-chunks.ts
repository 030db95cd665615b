import { WriteStream } from 'node:fs'
import { OutgoingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { Lease } from '@pool/core'
import { PushedChunks } from './pushed-chunks.js'

/** Where bytes end, so that they are done with once they no longer count as waiting to be written. */
export type Sink = Writable | OutgoingMessage

/** Whether nothing behind `destination` ever sees the memory that is written to it. */
export function isSink(destination: unknown): destination is Sink {
  // Whoever puts another write in the place of Node's, as middleware that compresses does, has the bytes and is not counted.
  const is = (kind: { readonly prototype: Sink }) =>
    destination instanceof (kind as never) && (destination as Sink).write === kind.prototype.write
  return is(Socket) || is(OutgoingMessage) || is(WriteStream)
}

/**
 * The chunks that go from a readable stream into one sink, which may read them until they are written.
 *
 * A sink writes in order. When it was given D bytes of ours, and L bytes of anybody's wait in it, then all of ours that ended
 * within the first D - L are written, whoever else writes to it.
 *
 * ```
 *   [ written: ours to reuse │ L: waiting in the sink │ unread: in the readable buffer ]
 *   0                       D-L                       D                               all
 * ```
 */
export class PipedChunks {
  readonly #sink: Sink
  readonly #pushed = new PushedChunks()
  #isCut = false

  /** Nothing is in `sink` yet. */
  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** How many leases are not known to be written. */
  get size(): number {
    return this.#pushed.size
  }

  /** Notes a chunk that is about to be pushed, and its lease if it has one. */
  add(bytes: number, lease?: Lease<Buffer>): void {
    if (!this.#isCut) this.#pushed.add(bytes, lease)
  }

  /** Releases what is written. `unread` bytes lie in the readable buffer. */
  releaseWritten(unread: number): void {
    if (!this.#isIntact || this.#pushed.size === 0) return
    for (const lease of this.#pushed.takeFirst((this.#isCut ? 0 : unread) + this.#sink.writableLength)) lease.release()
  }

  /** Somebody else may see the unread chunks as well, and keep them: they are theirs. */
  giveUpUnread(unread: number): void {
    if (!this.#isCut) for (const lease of this.#pushed.takeLast(unread)) lease.discard()
  }

  /** The sink gets nothing more. */
  cut(unread: number): void {
    if (this.#isCut) return
    this.giveUpUnread(unread)
    this.#pushed.forgetLast(unread)
    this.#isCut = true
  }

  /** The stream is over, and whatever lay unread in its buffer was thrown away. What the sink has comes back when it is done. */
  end(unread: number): void {
    if (!this.#isCut) {
      for (const lease of this.#pushed.takeLast(unread)) lease.release()
      this.#pushed.forgetLast(unread)
      this.#isCut = true
    }
    this.releaseWritten(0)
    const sink: NodeJS.EventEmitter = this.#sink
    if (this.#pushed.size === 0) return
    if (this.#isIntact && this.#sink.writableEnded) {
      sink.once('finish', () => this.#settle())
      sink.once('close', () => this.#settle())
    } else this.#settle()
  }

  /** Releases what is written and withdraws the rest: nobody will tell when it is done with. */
  #settle(): void {
    this.releaseWritten(0)
    for (const lease of this.#pushed.takeFirst(0)) lease.discard()
  }

  /** A sink that was destroyed counts no longer, while the system may still read what it was given. */
  get #isIntact(): boolean {
    const sink = this.#sink
    if (sink.destroyed) return false
    return !(sink instanceof OutgoingMessage) || sink.writableFinished || sink.socket?.destroyed === false
  }
}
