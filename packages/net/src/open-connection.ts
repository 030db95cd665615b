import type { Socket } from 'node:net'
import { type Abortable, unwatchAbort, watchAbort } from '@pool/core/kit'
import { connectionClosed } from './connection-errors.js'
import { ConnectionGroup, type GroupMember } from './connection-group.js'
import type { ConnectionSettings } from './connection-options.js'
import { ConnectionReader, type ReadSource } from './connection-reader.js'
import type { ConnectionStats, ReadPath } from './connection-stats.js'
import { ConnectionWriter } from './connection-writer.js'
import type { OnRead } from './handle-takeover.js'
import { type Watched, watchIdleness } from './idle-watch.js'

/** A socket, and how its bytes get into leases. */
export interface OpenSocket {
  readonly socket: Socket
  readonly path: ReadPath
}

/** The inside of a connection: its socket, both of its sides, and how it comes to its end. */
export class OpenConnection implements ReadSource, Watched, GroupMember, Abortable {
  readonly #settings: ConnectionSettings
  readonly #path: ReadPath
  #isClosed = false
  #closed: Promise<void> | undefined = undefined
  #tellClosed: (() => void) | undefined = undefined
  #closing: Promise<void> | undefined = undefined
  readonly socket: Socket
  readonly reader: ConnectionReader
  readonly writer: ConnectionWriter
  /** Why it closed. */
  error: unknown = undefined

  /** Opens a connection on the socket that `open` makes. */
  constructor(settings: ConnectionSettings, open: (onRead: OnRead) => OpenSocket) {
    const tally = ConnectionGroup.tallyOf(settings.group)
    const reader = new ConnectionReader(settings, tally, this)
    const { intake } = reader
    const { socket, path } = open({ buffer: () => intake.armed, callback: (count) => intake.arrived(count) })
    this.#settings = settings
    this.#path = path
    this.reader = reader
    this.socket = socket
    this.writer = new ConnectionWriter(socket, settings, tally)
    this.#listen()
  }

  get readAheadBytes(): number {
    return this.reader.intake.ahead.length
  }

  get stopped(): boolean {
    return this.reader.intake.isStopped
  }

  get destroyed(): boolean {
    return this.#isClosed || this.socket.destroyed
  }

  get progress(): number {
    return this.reader.intake.bytesRead + this.writer.bytesWritten
  }

  get hasFirstByte(): boolean {
    return this.reader.intake.bytesRead > 0
  }

  get isHeldBack(): boolean {
    return this.stopped
  }

  /** Fulfils when it has closed. */
  get closed(): Promise<void> {
    this.#closed ??= this.#isClosed
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#tellClosed = resolve
        })
    return this.#closed
  }

  resume(): void {
    this.socket.resume()
  }

  failed(error: unknown): void {
    this.destroy(error)
  }

  endSeen(): void {
    if (!this.#settings.allowHalfOpen && !this.destroyed) void this.writer.end()
  }

  abort(reason: unknown): void {
    this.destroy(reason)
  }

  timedOut(error: Error): void {
    ConnectionGroup.tallyOf(this.#settings.group).timedOut++
    this.destroy(error)
  }

  /** Ends this side, throws away whatever comes, and waits for the peer's end. */
  close(): Promise<void> {
    this.#closing ??= this.#closeInOrder()
    return this.#closing
  }

  /** Closes at once. */
  destroy(error?: unknown): void {
    if (!this.#isClosed) this.error ??= error
    this.reader.discard(this.error ?? error ?? connectionClosed())
    this.socket.destroy()
  }

  /** A snapshot. */
  stats(): ConnectionStats {
    const { intake } = this.reader
    return Object.freeze({
      path: this.#path,
      bytesRead: intake.bytesRead,
      bytesWritten: this.writer.bytesWritten,
      readAheadBytes: intake.ahead.length,
      unsentBytes: this.writer.unsentBytes,
      stopped: intake.isStopped
    })
  }

  #listen(): void {
    const { signal, group } = this.#settings
    const { socket } = this
    socket.on('error', (error) => {
      this.error ??= error
    })
    socket.on('close', () => this.#hasClosed())
    socket.on('end', () => this.reader.peerEnded())
    if (this.#path === 'copied') {
      const { intake } = this.reader
      socket.on('data', (chunk: Buffer) => intake.takeIn(chunk) || socket.pause())
      // It may have been paused before.
      socket.resume()
    }
    ConnectionGroup.admit(group, this, this.#path)
    if (signal !== undefined) watchAbort(signal, this)
    watchIdleness(socket, this.#settings, this)
  }

  async #closeInOrder(): Promise<void> {
    await this.writer.end().catch(() => {})
    this.reader.discard(connectionClosed())
    if (this.#isClosed) return
    const timer = setTimeout(() => this.destroy(), this.#settings.closeTimeoutMs)
    await this.closed
    clearTimeout(timer)
  }

  #hasClosed(): void {
    const { signal, group } = this.#settings
    this.#isClosed = true
    if (signal !== undefined) unwatchAbort(signal, this)
    ConnectionGroup.dismiss(group, this)
    this.reader.close(this.error)
    this.writer.close(this.error)
    this.#tellClosed?.()
  }
}
