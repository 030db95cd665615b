import type { Socket } from 'node:net'
import { outsideRequests, validFunction } from '@pool/core/kit'
import { connectionClosed, unsentLimit } from '../connection-errors.js'
import type { ConnectionSettings } from '../connection-options.js'
import type { GroupTally } from '../server/group-tally.js'
import { bytesOf, contentOf, PendingWrite, type Pieces, piecesOf, releasePieces, type Writing } from './pending-write.js'

/** Data that was taken over and has no room yet. */
interface WaitingSend {
  readonly pieces: Pieces
  readonly bytes: number
  resolve(): void
  reject(error: unknown): void
}

/** The push side of one connection: hands bytes to the socket within bounds, and gives their memory back when they are sent. */
export class ConnectionWriter {
  readonly #socket: Socket
  readonly #settings: ConnectionSettings
  readonly #tally: GroupTally
  /** In the order in which the socket calls them back. */
  #pending: PendingWrite[] = []
  #head = 0
  #ending: Promise<void> | undefined = undefined
  #failEnd: ((error: unknown) => void) | undefined = undefined
  #draining: Deferred | undefined = undefined
  #waiting: WaitingSend | undefined = undefined
  /** Whether the socket encrypts: its bytes are taken when they are encrypted, and sent later. */
  readonly #isEncrypted: boolean
  #isClosed = false
  #closedWith: unknown = undefined
  // Made where it captures nothing but the writer: beside a write, it would keep that write's memory alive along with it.
  readonly #onSent = (error?: Error | null): void => this.#sent(error)
  /** Bytes that were written and not sent. */
  unsentBytes = 0
  /** Bytes that were sent. */
  bytesWritten = 0

  constructor(socket: Socket, settings: ConnectionSettings, tally: GroupTally) {
    this.#socket = socket
    this.#isEncrypted = 'encrypted' in socket
    this.#settings = settings
    this.#tally = tally
  }

  write(data: Writing): Promise<void> {
    const bytes = bytesOf(data)
    const limit = this.#limitFor(bytes)
    if (limit !== undefined) throw limit
    const pieces = piecesOf(data)
    const written = new Promise<void>((resolve, reject) => {
      this.#send(pieces, bytes, true, (error) => {
        if (error === undefined) resolve()
        else {
          // It may go unheard. Attached here, it costs nothing where the write is sent.
          ignorable(written)
          reject(error)
        }
      })
    })
    return written
  }

  tryWrite(data: Writing, callback?: (error?: unknown) => void): boolean {
    if (callback !== undefined) validFunction('callback', callback)
    const bytes = bytesOf(data)
    if (!this.#hasRoom(bytes)) return false
    this.#send(piecesOf(data), bytes, callback === undefined, callback)
    return true
  }

  send(data: Writing): Promise<void> | undefined {
    const bytes = bytesOf(data)
    const isOver = this.#isOver()
    if (this.#waiting !== undefined) throw unsentLimit(bytes, this.unsentBytes, this.#settings.maxUnsentBytes, 'connection')
    const pieces = piecesOf(data)
    if (!isOver && this.#hasRoom(bytes)) {
      this.#send(pieces, bytes, true, undefined)
      return undefined
    }
    return ignorable(
      new Promise((resolve, reject) => {
        this.#waiting = { pieces, bytes, resolve, reject }
        if (isOver) this.#refuseWaiting()
      })
    )
  }

  drain(): Promise<void> {
    if (this.#isDrained() || this.#isClosed) return Promise.resolve()
    this.#draining ??= new Deferred()
    return this.#draining.promise
  }

  end(): Promise<void> {
    // A socket that was destroyed calls no end back.
    const isOver = this.#isClosed || this.#socket.destroyed
    if (isOver && this.#ending === undefined) return ignorable(Promise.reject(this.#closedWith ?? connectionClosed()))
    this.#refuseWaiting()
    // Kept for as long as the connection: as its promise `closed`, it must not have the stores of a request.
    this.#ending ??= outsideRequests(() => ignorable(this.#endSocket()))
    return this.#ending
  }

  /** No write can be sent any more. */
  close(error: unknown): void {
    this.#isClosed = true
    this.#closedWith = error
    const pending = this.#pending
    const head = this.#head
    this.#pending = []
    this.#head = 0
    this.#tally.unsentBytes -= this.unsentBytes
    this.unsentBytes = 0
    for (let index = head; index < pending.length; index++) {
      this.#tally.failedWrites++
      ;(pending[index] as PendingWrite).failed(error ?? connectionClosed())
    }
    this.#refuseWaiting()
    this.#failEnd?.(error ?? connectionClosed())
    this.#draining?.resolve()
  }

  #endSocket(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failEnd = reject
      this.#socket.end((error?: Error | null) => (error ? reject(this.#closedWith ?? error) : resolve()))
    })
  }

  /** Whether nothing can be sent any more. */
  #isOver(): boolean {
    return this.#isClosed || this.#ending !== undefined || this.#socket.destroyed
  }

  #refuseWaiting(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    new PendingWrite(waiting.pieces, waiting.bytes, waiting.reject).refused(this.#closedWith ?? connectionClosed())
  }

  #sendWaiting(waiting: WaitingSend): void {
    this.#waiting = undefined
    if (this.#hasRoom(waiting.bytes)) {
      this.#send(waiting.pieces, waiting.bytes, true, undefined)
      waiting.resolve()
    } else this.#waiting = waiting
  }

  /** @param mayTellAtOnce - whether `settle` may be called before this returns */
  #send(data: Pieces, bytes: number, mayTellAtOnce: boolean, settle: ((error?: unknown) => void) | undefined): void {
    if (this.#isOver()) {
      const write = new PendingWrite(data, bytes, settle)
      process.nextTick(() => write.refused(this.#closedWith ?? connectionClosed()))
      return
    }
    const socket = this.#socket
    // A callback of Node's costs a small answer 8 % of its time, and the system nearly always takes all of it at once.
    const isSmall = mayTellAtOnce && bytes <= smallBytes
    const mayBeTaken = isSmall && this.#pending.length === 0 && !this.#isEncrypted && socket.writableCorked === 0
    writePieces(socket, data, mayBeTaken ? undefined : this.#onSent)
    if (mayBeTaken && socket.writableLength === 0 && !socket.errored) {
      this.#count(bytes)
      releasePieces(data)
      settle?.()
      return
    }
    this.#pending.push(new PendingWrite(data, bytes, settle))
    this.unsentBytes += bytes
    this.#tally.unsentBytes += bytes
    if (mayBeTaken) socket.write(nothing, this.#onSent)
  }

  #count(bytes: number): void {
    this.bytesWritten += bytes
    this.#tally.bytesWritten += bytes
    this.#tally.writes++
  }

  #sent(error: Error | null | undefined): void {
    // Writes that were pending when the socket failed settle when it has closed: until then the system may read their memory.
    if (this.#isClosed || error || this.#socket.destroyed) return
    const write = this.#pending[this.#head++] as PendingWrite
    if (this.#head === this.#pending.length) {
      this.#pending.length = 0
      this.#head = 0
    } else if (this.#head > 1024) {
      this.#pending = this.#pending.slice(this.#head)
      this.#head = 0
    }
    this.unsentBytes -= write.bytes
    this.#tally.unsentBytes -= write.bytes
    this.#count(write.bytes)
    if (this.#waiting !== undefined) this.#sendWaiting(this.#waiting)
    if (this.#draining !== undefined && this.#isDrained()) {
      this.#draining.resolve()
      this.#draining = undefined
    }
    write.sent()
  }

  #isDrained(): boolean {
    const { unsentBytes } = this
    if (unsentBytes === 0) return true
    const { group, maxUnsentBytes } = this.#settings
    return unsentBytes <= maxUnsentBytes / 2 && this.#tally.unsentBytes <= group.maxUnsentBytes / 2
  }

  /** A write while nothing is unsent always has room, so that each connection makes progress. */
  #hasRoom(bytes: number): boolean {
    const { unsentBytes } = this
    // A waiting write comes first.
    if (this.#waiting !== undefined) return false
    if (unsentBytes === 0) return true
    const { group, maxUnsentBytes } = this.#settings
    return unsentBytes + bytes <= maxUnsentBytes && this.#tally.unsentBytes + bytes <= group.maxUnsentBytes
  }

  #limitFor(bytes: number): Error | undefined {
    if (this.#hasRoom(bytes)) return undefined
    const { group, maxUnsentBytes } = this.#settings
    const isOwn = this.#waiting !== undefined || this.unsentBytes + bytes > maxUnsentBytes
    return isOwn
      ? unsentLimit(bytes, this.unsentBytes, maxUnsentBytes, 'connection')
      : unsentLimit(bytes, this.#tally.unsentBytes, group.maxUnsentBytes, `group '${group.name}'`)
  }
}

const nothing = new Uint8Array(0)

/** Up to here a write is tried without a callback. Relays go faster with one: bytes gather meanwhile, for longer reads. */
const smallBytes = 16_384

/** Hands all pieces to the socket together. */
function writePieces(socket: Socket, data: Pieces, callback: ((error?: Error | null) => void) | undefined): void {
  if (!Array.isArray(data)) {
    socket.write(contentOf(data as Exclude<Pieces, readonly unknown[]>), callback)
    return
  }
  socket.cork()
  const last = data.length - 1
  for (let index = 0; index < last; index++) socket.write(contentOf(data[index]))
  socket.write(last < 0 ? nothing : contentOf(data[last]), callback)
  socket.uncork()
}

class Deferred {
  resolve: () => void = () => {}
  readonly promise = new Promise<void>((resolve) => {
    this.resolve = resolve
  })
}

/** A promise whose rejection may be ignored. */
function ignorable(promise: Promise<void>): Promise<void> {
  promise.catch(() => {})
  return promise
}
