import { fstatSync } from 'node:fs'
import type { BufferSource, Lease } from '@pool/core'
import { leaseNow, type NonSharedBuffer, onAbort, partOfLease } from '@pool/core/kit'
import { type FileSource, type OpenFile, openSource } from './file-source.js'

/** The settings of a reader, validated. */
export interface FileChunkSettings {
  readonly pool: BufferSource<NonSharedBuffer>
  readonly chunkBytes: number
  readonly start: number | undefined
  readonly end: number
  readonly readAhead: number
  readonly signal: AbortSignal | undefined
}

type Result = IteratorResult<Lease<NonSharedBuffer>, undefined>

interface Waiter {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** A read that was begun. */
interface Read {
  readonly lease: Lease<NonSharedBuffer>
  readonly bytes: number
  /** Its offset in the file; undefined: where the file stands. */
  readonly position: number | undefined
  /** Bytes that were left to read with it. */
  readonly left: number
  /** How it ended; never rejects. */
  readonly ended: Promise<{ readonly bytesRead: number } | { readonly error: unknown }>
}

const done: Result = { done: true, value: undefined }
const nothing = (): void => {}

/**
 * Reads ahead of one consumer. A single loop opens, reads and closes; any other end of the reading only sets a flag for it, so that
 * memory and file are given up by the code that knows that no read is under way.
 *
 * Of an ordinary file several chunks are read at a time, each at its offset: while one thread copies out of the page cache, another
 * does as well.
 */
export class FileChunkReader implements AsyncIterableIterator<Lease<NonSharedBuffer>>, AsyncDisposable {
  readonly closed: Promise<void>
  readonly #source: FileSource
  readonly #settings: FileChunkSettings
  readonly #stop = new AbortController()
  readonly #ready: Lease<NonSharedBuffer>[] = []
  readonly #waiters: Waiter[] = []
  readonly #reads: Read[] = []
  #close: () => void = nothing
  #unlisten: () => void = nothing
  #file: OpenFile | undefined = undefined
  #position: number | undefined
  #left: number
  #isFile = false
  #size = 0
  #isRunning = false
  #isOver = false
  #failure: { readonly error: unknown } | undefined = undefined

  /** A reader that has opened nothing. */
  constructor(source: FileSource, settings: FileChunkSettings) {
    this.#source = source
    this.#settings = settings
    this.#position = settings.start
    this.#left = settings.end - (settings.start ?? 0) + 1
    this.closed = new Promise((resolve) => {
      this.#close = resolve
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    const lease = this.#ready.shift()
    if (lease !== undefined) {
      this.#start()
      return Promise.resolve({ done: false, value: lease })
    }
    // A reading that was ended from outside answers at once, one that came to its end when the file is closed.
    if (this.#isOver) return this.#isRunning ? this.#rest() : this.closed.then(() => this.#rest())
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      this.#start()
    })
  }

  async return(): Promise<Result> {
    this.#end(undefined)
    if (this.#endsByItself) await this.closed
    return done
  }

  async throw(error: unknown): Promise<Result> {
    await this.return()
    throw error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(undefined)
    await this.closed
  }

  /** Wakes the loop where it rests. */
  #start(): void {
    if (this.#isRunning || this.#isOver) return
    this.#isRunning = true
    void this.#run()
  }

  async #run(): Promise<void> {
    try {
      if (this.#file === undefined) await this.#open()
      for (;;) {
        while (this.#wantsMore) if (!(await this.#startRead())) break
        const read = this.#reads.shift()
        if (read === undefined) break
        await this.#handOn(read)
      }
    } catch (error) {
      if (!this.#isOver) this.#failure = { error }
      this.#isOver = true
    }
    // No wait where there is nothing to give up: a call for a chunk meanwhile would take the loop for running, and never settle.
    if (this.#reads.length > 0) await this.#giveUpReads()
    this.#isRunning = false
    if (this.#isOver) await this.#finish()
  }

  async #open(): Promise<void> {
    const { signal } = this.#settings
    signal?.throwIfAborted()
    this.#unlisten = onAbort(signal, (error) => this.#end({ error }))
    const file = await openSource(this.#source)
    this.#file = file
    const stats = fstatSync(file.handle.fd)
    this.#isFile = stats.isFile()
    // A file of size 0 may be longer all the same, as files of /proc are, and some of them are read by their position only.
    this.#size = this.#isFile ? stats.size : 0
    if (file.isOurs && this.#size > 0) this.#position ??= 0
  }

  /** Whether one more read should be begun: several at a time only where it is known at which offset the later ones have to be. */
  get #wantsMore(): boolean {
    const reads = this.#reads.length
    if (this.#isOver || reads + this.#ready.length >= this.#settings.readAhead + this.#waiters.length) return false
    return reads === 0 || (this.#position !== undefined && this.#position < this.#size && this.#left > 0)
  }

  /** Begins a read; false when there is nothing to read, or no memory while other reads will end anyway. */
  async #startRead(): Promise<boolean> {
    const { pool, chunkBytes } = this.#settings
    const { handle } = this.#file as OpenFile
    const bytes = Math.min(chunkBytes, this.#left)
    if (bytes <= 0) {
      this.#isOver = true
      return false
    }
    const lease =
      leaseNow(pool, bytes) ?? (this.#reads.length === 0 ? await pool.leaseAsync(bytes, { signal: this.#stop.signal }) : undefined)
    if (lease === undefined) return false
    // Looked at again, since the wait may have been served in the turn that ended the reading.
    if (this.#isOver) {
      lease.release()
      return false
    }
    const position = this.#position
    const ended = handle.read(lease.buffer, 0, bytes, position ?? null).then(
      ({ bytesRead }) => ({ bytesRead }),
      (error: unknown) => ({ error })
    )
    this.#reads.push({ lease, bytes, position, left: this.#left, ended })
    this.#left -= bytes
    if (position !== undefined) this.#position = position + bytes
    return true
  }

  /** Waits for a read and hands its bytes on. */
  async #handOn({ lease, bytes, position, left, ended }: Read): Promise<void> {
    const result = await ended
    if (this.#isOver || 'error' in result || result.bytesRead === 0) {
      lease.release()
      if ('error' in result) throw result.error
      this.#isOver = true
      return
    }
    const { bytesRead } = result
    const chunk = partOfLease(lease, 0, bytesRead)
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#ready.push(chunk)
    else waiter.resolve({ done: false, value: chunk })
    if (bytesRead === bytes) return
    // The file ends here now, or the read was short: the reads begun behind it are repeated from where this one ended.
    await this.#giveUpReads()
    this.#left = left - bytesRead
    if (position !== undefined) this.#position = position + bytesRead
  }

  /** Waits until no read is under way, and gives their memory back. */
  async #giveUpReads(): Promise<void> {
    for (const { lease, ended } of this.#reads.splice(0)) {
      await ended
      lease.release()
    }
  }

  /** Ends the reading from outside, at once for a caller that waits; the loop gives up its memory and its file when its read has ended. */
  #end(failure: { readonly error: unknown } | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    this.#stop.abort(failure?.error)
    for (const lease of this.#ready.splice(0)) lease.release()
    this.#answer()
    if (!this.#isRunning) void this.#finish()
  }

  /** Closes the file when no read is under way, then settles the calls that wait. */
  async #finish(): Promise<void> {
    this.#unlisten()
    try {
      await this.#file?.close()
    } catch (error) {
      this.#failure ??= { error }
    }
    this.#answer()
    this.#close()
  }

  async #rest(): Promise<Result> {
    const failure = this.#failure
    this.#failure = undefined
    if (failure === undefined) return done
    throw failure.error
  }

  /** Settles the calls that wait: the first gets the error, if there is one, and the others get the end. */
  #answer(): void {
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      const failure = this.#failure
      this.#failure = undefined
      if (failure === undefined) resolve(done)
      else reject(failure.error)
    }
  }

  /** Whether the read under way will end by itself: reads of ordinary files do, and a file that was not opened yet may be a pipe. */
  get #endsByItself(): boolean {
    return !this.#isRunning || this.#isFile
  }
}
