import type { Connection, Lease, NonSharedBuffer, ReadOptions, Writing } from '@pool/core'
import type { ConnectionStats } from './connection-stats.js'
import type { OpenConnection } from './open-connection.js'
import type { ConnectionReader } from './reading/connection-reader.js'
import type { LeaseConsumer } from './reading/lease-loop.js'

/**
 * A connection whose bytes arrive in leases and leave from leases. `connectPooled`, `createPooledServer` and `pooledConnection` make them.
 *
 * ```
 *   peer ──► socket ──► read ahead, bounded ──► read() … lease ──► yours, until you release it
 *   peer ◄── socket ◄── unsent, bounded ◄────── write(lease)  ──► its memory goes back when the system has the bytes
 * ```
 *
 * `using` destroys it at the end of a scope, `await using` closes it in order. A connection that is dropped without either keeps its socket
 * and the bytes read ahead.
 */
export class PooledConnection implements Connection<Lease<NonSharedBuffer>> {
  readonly #open: OpenConnection

  /** @internal */
  constructor(open: OpenConnection) {
    this.#open = open
  }

  /** Bytes that arrived and were not read yet. */
  get readAheadBytes(): number {
    return this.#open.readAheadBytes
  }

  /** Bytes that were written and not handed to the system yet. */
  get unsentBytes(): number {
    return this.#open.unsentBytes
  }

  /** Whether the peer has ended and no byte is left. */
  get ended(): boolean {
    return this.#open.reader.ended
  }

  /** Whether the peer is held back, since enough is there to be read or memory is waited for. */
  get stopped(): boolean {
    return this.#open.stopped
  }

  /** Whether it was closed or destroyed. */
  get destroyed(): boolean {
    return this.#open.destroyed
  }

  /** Why it closed; `undefined` while it is open, and where it closed without an error. */
  get error(): unknown {
    return this.#open.error
  }

  /** Fulfils when it has closed, with or without an error; never rejects. */
  get closed(): Promise<void> {
    return this.#open.closed
  }

  /** The peer's address, while the socket is open; `undefined` on Unix sockets. */
  get remoteAddress(): string | undefined {
    return this.#open.socket.remoteAddress
  }

  /** The peer's port, while the socket is open; `undefined` on Unix sockets. */
  get remotePort(): number | undefined {
    return this.#open.socket.remotePort
  }

  /** Reads exactly `bytes`; as `LeaseReader.read` of core says. */
  read(bytes: number, options?: ReadOptions): Promise<Lease<NonSharedBuffer> | undefined> {
    return this.#open.reader.read(bytes, options)
  }

  /** Reads exactly `bytes`, or gives `undefined` when fewer are there. */
  tryRead(bytes: number): Lease<NonSharedBuffer> | undefined {
    return this.#open.reader.tryRead(bytes)
  }

  /** Reads the available bytes, up to `maxBytes`; waits for the first byte. */
  readSome(maxBytes?: number, options?: ReadOptions): Promise<Lease<NonSharedBuffer> | undefined> {
    return this.#open.reader.readSome(maxBytes, options)
  }

  /** Reads the available bytes, up to `maxBytes`, or gives `undefined` when there are none. */
  tryReadSome(maxBytes?: number): Lease<NonSharedBuffer> | undefined {
    return this.#open.reader.tryReadSome(maxBytes)
  }

  /** Reads up to and including `delimiter`; as `LeaseReader.readUntil` of core says. */
  readUntil(delimiter: number | Uint8Array, maxBytes?: number, options?: ReadOptions): Promise<Lease<NonSharedBuffer> | undefined> {
    return this.#open.reader.readUntil(delimiter, maxBytes, options)
  }

  /** Reads up to and including `delimiter`, or gives `undefined` when it is not there. */
  tryReadUntil(delimiter: number | Uint8Array, maxBytes?: number): Lease<NonSharedBuffer> | undefined {
    return this.#open.reader.tryReadUntil(delimiter, maxBytes)
  }

  /** Shows the next `bytes` and consumes none; as `LeaseReader.peek` of core says. */
  peek(bytes: number, options?: ReadOptions): Promise<NonSharedBuffer | undefined> {
    return this.#open.reader.peek(bytes, options)
  }

  /** Shows the next `bytes`, or gives `undefined` when fewer are there. */
  tryPeek(bytes: number): NonSharedBuffer | undefined {
    return this.#open.reader.tryPeek(bytes)
  }

  /** Throws away the next `bytes`; as `LeaseReader.skip` of core says. */
  skip(bytes: number, options?: ReadOptions): Promise<number> {
    return this.#open.reader.skip(bytes, options)
  }

  /** Throws away up to `bytes` of those that are there; gives how many. */
  trySkip(bytes: number): number {
    return this.#open.reader.trySkip(bytes)
  }

  /**
   * Calls `consumer` with each lease until the peer ends. The cheapest way to read: no lease costs a promise.
   *
   * `consumer` owns the lease. It is called as the bytes arrive, in the async context of the socket. When it returns a promise, the next lease
   * waits for that, and the peer is held back at `maxReadAheadBytes`. No other read may begin meanwhile.
   * @param options - `signal` ends the loop; unread bytes stay
   * @throws (rejects) the error of `consumer`, or of its promise; the connection stays open. The error of the connection; the signal's
   * reason; `ERR_POOL_READ_PENDING`; `ERR_POOL_INVALID_OPTION`
   */
  consume(consumer: LeaseConsumer, options?: Pick<ReadOptions, 'signal'>): Promise<void> {
    return this.#open.reader.consume(consumer, options)
  }

  /** Reads until the peer ends. Leaving the loop early leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Lease<NonSharedBuffer>, void, undefined> {
    for (;;) {
      const lease = this.#open.reader.tryReadSome() ?? (await this.#open.reader.readSome())
      if (lease === undefined) return
      yield lease
    }
  }

  /** Writes; as `LeaseWriter.write` of core says. */
  write(data: Writing<Lease<Buffer>>): Promise<void> {
    return this.#open.writer.write(data)
  }

  /** Writes where the bound leaves room; as `LeaseWriter.tryWrite` of core says. */
  tryWrite(data: Writing<Lease<Buffer>>, callback?: (error?: unknown) => void): boolean {
    return this.#open.writer.tryWrite(data, callback)
  }

  /**
   * Writes where the bound leaves room, and waits for room where it does not. It serves relays, since a write that has room costs no promise. Takes
   * the leases over, as {@link PooledConnection.write} does.
   * @returns `undefined` when it was written; else a promise that fulfils once it is, and rejects when the connection closes before. Neither
   * reports whether it was sent
   * @throws `ERR_POOL_UNSENT_LIMIT` while another send waits; `ERR_POOL_INVALID_OPTION`; `ERR_POOL_LEASE_RELEASED`; the leases are then still the
   * caller's
   */
  send(data: Writing<Lease<Buffer>>): Promise<void> | undefined {
    return this.#open.writer.send(data)
  }

  /** Holds writes back, so that they leave together at {@link PooledConnection.uncork}. */
  cork(): void {
    this.#open.socket.cork()
  }

  /** Sends the writes that {@link PooledConnection.cork} held back. */
  uncork(): void {
    this.#open.socket.uncork()
  }

  /** Fulfils when half of the bound is free, or the connection has closed. */
  drain(): Promise<void> {
    return this.#open.writer.drain()
  }

  /** Ends this side once all that was written is sent; the peer may go on sending. */
  end(): Promise<void> {
    return this.#open.writer.end()
  }

  /** Ends this side, throws away the bytes that the peer still sends, and waits for the peer's end, for `closeTimeoutMs`. Never rejects. */
  close(): Promise<void> {
    return this.#open.close()
  }

  /** Closes at once. Reads and writes that wait reject with `error`, and the memory of bytes read ahead is given back. */
  destroy(error?: unknown): void {
    this.#open.destroy(error)
  }

  /** A snapshot. */
  stats(): ConnectionStats {
    return this.#open.stats()
  }

  /** Destroys the connection. */
  [Symbol.dispose](): void {
    this.destroy()
  }

  /** Closes the connection in order; never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal */
  static readerOf(connection: PooledConnection): ConnectionReader {
    return connection.#open.reader
  }
}
