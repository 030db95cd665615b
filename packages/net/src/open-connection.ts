import type { Socket } from 'node:net'
import { type Abortable, outsideRequests, unwatchAbort, watchAbort } from '@pool/core/kit'
import { connectionClosed } from './connection-errors.js'
import type { ConnectionSettings } from './connection-options.js'
import type { ConnectionStats, ReadPath } from './connection-stats.js'
import { type IdleTimeouts, unwatchIdleness, type Watched, watchIdleness } from './idle-watch.js'
import type { ByteIntake } from './reading/byte-intake.js'
import { ConnectionReader, type ReadSource } from './reading/connection-reader.js'
import { ConnectionGroup, type GroupMember } from './server/connection-group.js'
import type { GroupTally } from './server/group-tally.js'
import type { OnRead } from './server/handle-takeover.js'
import { ConnectionWriter } from './writing/connection-writer.js'

/** A socket, and how its bytes get into leases. */
export interface OpenSocket {
  readonly socket: Socket
  readonly path: ReadPath
}

const owner = Symbol('connection of a socket')

interface OwnedSocket extends Socket {
  [owner]: OpenConnection
}

/** Whether a connection reads and writes this very socket. */
export function isOwned(socket: Socket): boolean {
  return owner in socket
}

function onError(this: Socket, error: Error): void {
  const connection = (this as OwnedSocket)[owner]
  connection.error ??= error
}

function onClose(this: Socket): void {
  ;(this as OwnedSocket)[owner].hasClosed()
}

function onEnd(this: Socket): void {
  ;(this as OwnedSocket)[owner].reader.peerEnded()
}

/** Bytes of a write that the system was given and has not taken yet, as Node counts them for the timeouts of its own sockets. */
function queuedBytes(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly writeQueueSize?: number } | null }
  return handle?.writeQueueSize ?? 0
}

/** Opens a socket whose closures keep nothing but `intake` alive. */
function opened(intake: ByteIntake, open: (onRead: OnRead, wasAsked: () => boolean) => OpenSocket): OpenSocket {
  const onRead: OnRead = { buffer: () => intake.memory(), callback: (count) => intake.arrived(count) }
  return open(onRead, () => intake.wasAsked)
}

/** The inside of a connection: its socket, both of its sides, and how it comes to its end. */
export class OpenConnection implements ReadSource, Watched, GroupMember, Abortable {
  readonly #settings: ConnectionSettings
  readonly #path: ReadPath
  readonly #kin: Set<OpenConnection> | undefined
  readonly #tally: GroupTally
  #writer: ConnectionWriter | undefined = undefined
  #isClosed = false
  #closed: Promise<void> | undefined = undefined
  #tellClosed: (() => void) | undefined = undefined
  #closing: Promise<void> | undefined = undefined
  readonly socket: Socket
  readonly reader: ConnectionReader
  seenProgress = -1
  quietMs = 0
  /** Why it closed. */
  error: unknown = undefined

  /**
   * Opens a connection on the socket that `open` makes.
   * @param kin - the open connections of its server: it stands among them until it has closed
   */
  constructor(settings: ConnectionSettings, open: (onRead: OnRead, wasAsked: () => boolean) => OpenSocket, kin?: Set<OpenConnection>) {
    const tally = ConnectionGroup.tallyOf(settings.group)
    const reader = new ConnectionReader(settings, tally, this)
    const { socket, path } = opened(reader.intake, open)
    this.#settings = settings
    this.#path = path
    this.reader = reader
    this.socket = socket
    this.#tally = tally
    this.#kin = kin
    kin?.add(this)
    const { signal, group } = settings
    // Functions that all connections share: ten thousand idle ones are to be cheap.
    ;(socket as OwnedSocket)[owner] = this
    socket.on('error', onError).on('close', onClose).on('end', onEnd)
    if (path === 'copied') {
      const { intake } = reader
      socket.on('data', (chunk: Buffer) => intake.takeIn(chunk) || socket.pause())
      // It may have been paused before.
      socket.resume()
    }
    ConnectionGroup.admit(group, this, path)
    if (signal !== undefined) watchAbort(signal, this)
    watchIdleness(this)
  }

  /** Made by the first write: a connection that only reads, as most idle ones do, needs none. */
  get writer(): ConnectionWriter {
    if (this.#writer === undefined) {
      this.#writer = new ConnectionWriter(this.socket, this.#settings, this.#tally)
      if (this.#isClosed) this.#writer.close(this.error)
    }
    return this.#writer
  }

  get unsentBytes(): number {
    return this.#writer?.unsentBytes ?? 0
  }

  get bytesWritten(): number {
    return this.#writer?.bytesWritten ?? 0
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

  get timeouts(): IdleTimeouts {
    return this.#settings
  }

  get progress(): number {
    // A long write makes progress before it is sent.
    return this.reader.intake.bytesRead + this.bytesWritten - (this.unsentBytes > 0 ? queuedBytes(this.socket) : 0)
  }

  get hasFirstByte(): boolean {
    return this.reader.intake.bytesRead > 0
  }

  get isHeldBack(): boolean {
    // While bytes wait to be sent, it is the peer that does not read.
    return this.stopped && this.unsentBytes === 0
  }

  /** Fulfils when it has closed. */
  get closed(): Promise<void> {
    // Up to Node 22 a promise has the stores of the request that made it, and this one lives as long as the connection.
    this.#closed ??= outsideRequests(() => this.#untilClosed())
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

  /** Ends this side, throws away all bytes that still come, and waits for the peer's end. */
  close(): Promise<void> {
    this.#closing ??= outsideRequests(() => this.#closeInOrder())
    return this.#closing
  }

  /** Closes at once. */
  destroy(error?: unknown): void {
    if (!this.#isClosed) this.error ??= error ?? undefined
    this.reader.discard(this.error ?? error ?? connectionClosed())
    this.socket.destroy()
  }

  /** A snapshot. */
  stats(): ConnectionStats {
    const { intake } = this.reader
    return Object.freeze({
      path: this.#path,
      bytesRead: intake.bytesRead,
      bytesWritten: this.bytesWritten,
      readAheadBytes: intake.ahead.length,
      unsentBytes: this.unsentBytes,
      stopped: intake.isStopped
    })
  }

  #untilClosed(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#tellClosed = resolve
    })
  }

  async #closeInOrder(): Promise<void> {
    await this.writer.end().catch(() => {})
    this.reader.discard(connectionClosed())
    if (this.#isClosed) return
    const timer = setTimeout(() => this.destroy(), this.#settings.closeTimeoutMs)
    await this.closed
    clearTimeout(timer)
  }

  /** The socket emitted `close`. */
  hasClosed(): void {
    const { signal, group } = this.#settings
    this.#isClosed = true
    unwatchIdleness(this)
    if (signal !== undefined) unwatchAbort(signal, this)
    ConnectionGroup.dismiss(group, this)
    this.#kin?.delete(this)
    this.reader.close(this.error)
    this.#writer?.close(this.error)
    this.#tellClosed?.()
  }
}
