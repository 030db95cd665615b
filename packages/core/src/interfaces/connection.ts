/** How long a waiting read may wait, and the signal that aborts it. */
export interface ReadOptions {
  /** Longest wait in milliseconds, above 0; `Infinity` waits as long as it takes. Default `Infinity`. */
  readonly timeoutMs?: number
  /** Calls the wait off; the promise then rejects with the signal's reason. No byte is lost: the next read begins where this one began. */
  readonly signal?: AbortSignal
}

/**
 * The pull side of a connection: bytes arrive in leases, and the caller says how many it wants. One read at a time.
 *
 * A read gives `undefined` where the peer has ended and no byte is left. Each lease belongs to the caller, which releases it once.
 * The forms that begin with `try` answer at once from the bytes that are there, and cost no promise.
 */
export interface LeaseReader<L> extends AsyncIterable<L> {
  /** Bytes that arrived and were not read yet. */
  readonly readAheadBytes: number
  /** Whether the peer has ended and no byte is left. */
  readonly ended: boolean
  /**
   * Reads exactly `bytes`.
   * @throws (rejects) an error when the peer ends before; nothing is consumed then
   */
  read(bytes: number, options?: ReadOptions): Promise<L | undefined>
  /** Reads exactly `bytes`, or gives `undefined` when fewer are there. */
  tryRead(bytes: number): L | undefined
  /** Reads the available bytes, up to `maxBytes`; waits for the first byte. */
  readSome(maxBytes?: number, options?: ReadOptions): Promise<L | undefined>
  /** Reads the available bytes, up to `maxBytes`, or gives `undefined` when there are none. */
  tryReadSome(maxBytes?: number): L | undefined
  /**
   * Reads up to and including `delimiter`: a byte, or a sequence of bytes.
   * @param maxBytes - the most bytes to read, the delimiter included
   * @throws (rejects) an error when the first `maxBytes` hold no delimiter, or the peer ends before it; nothing is consumed then
   */
  readUntil(delimiter: number | Uint8Array, maxBytes?: number, options?: ReadOptions): Promise<L | undefined>
  /** Reads up to and including `delimiter`, or gives `undefined` when it is not there. */
  tryReadUntil(delimiter: number | Uint8Array, maxBytes?: number): L | undefined
  /** Shows the next `bytes` and consumes none. The view is valid until the next call on this side of the connection. */
  peek(bytes: number, options?: ReadOptions): Promise<Uint8Array | undefined>
  /** Shows the next `bytes`, or gives `undefined` when fewer are there. */
  tryPeek(bytes: number): Uint8Array | undefined
  /** Throws away the next `bytes`; gives how many it threw away, which is fewer only where the peer ended. */
  skip(bytes: number, options?: ReadOptions): Promise<number>
  /** Throws away up to `bytes` of those that are there; gives how many. */
  trySkip(bytes: number): number
}

/** Bytes in leases, in order, that their next owner takes over all at once. */
export interface LeaseList<L> {
  /** Bytes of all leases together. */
  readonly length: number
  /** Takes the leases out. Each is the caller's to release, and the list is empty. */
  takeLeases(): L[]
}

/**
 * The values that can be written: bytes, which must not change until they are sent; a lease, which the connection takes over, so that it counts as
 * released at once; several of these; or a list, which the connection empties.
 */
export type Writing<L> = Uint8Array | L | readonly (Uint8Array | L)[] | LeaseList<L>

/** The push side of a connection. It is bounded in bytes: it refuses a write that would exceed the bound, and never grows unseen. */
export interface LeaseWriter<L> {
  /** Bytes that were written and not handed to the system yet. */
  readonly unsentBytes: number
  /**
   * Writes, and takes the leases over. For the caller they count as released at once: `released` is true, the end of a `using` does nothing, and a
   * second release throws `ERR_POOL_DOUBLE_RELEASE`. Their memory goes back to its pool when the system has its bytes, and is withdrawn when the
   * write fails.
   * @returns a promise that fulfils when the memory is free again. It may be ignored, and its rejection then goes unreported
   * @throws at once an error at the bound, `ERR_POOL_INVALID_OPTION`, `ERR_POOL_LEASE_RELEASED`; the leases are then still the caller's
   */
  write(data: Writing<L>): Promise<void>
  /**
   * Writes where the bound leaves room, as {@link LeaseWriter.write} does.
   * @param callback - called when the memory is free, with the error where the write failed
   * @returns false when there is no room; the leases are still the caller's
   */
  tryWrite(data: Writing<L>, callback?: (error?: unknown) => void): boolean
  /** Holds writes back, so that they leave together at {@link LeaseWriter.uncork}. */
  cork(): void
  /** Sends the writes that {@link LeaseWriter.cork} held back. */
  uncork(): void
  /** Fulfils when half of the bound is free. */
  drain(): Promise<void>
  /** Ends this side once all that was written is sent; the peer may go on sending. */
  end(): Promise<void>
}

/**
 * A connection whose bytes arrive in leases and leave from leases. `L` is the lease: `Lease<Buffer>` in Node. A package that speaks a
 * protocol takes one of these, so that it need not know how it was made.
 */
export interface Connection<L> extends LeaseReader<L>, LeaseWriter<L>, Disposable, AsyncDisposable {
  /** Why it closed; `undefined` while it is open, and where it closed without an error. */
  readonly error: unknown
  /** Whether it was closed or destroyed. */
  readonly destroyed: boolean
  /** Fulfils when it has closed, with or without an error; never rejects. */
  readonly closed: Promise<void>
  /** Ends this side, throws away the bytes that the peer still sends, and waits for the peer's end, for a while. Never rejects. */
  close(): Promise<void>
  /** Closes at once. Reads and writes that wait reject with `error`. */
  destroy(error?: unknown): void
}
