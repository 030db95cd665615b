import { fstatSync } from 'node:fs'
import type { BufferSource, Lease } from '@pool/core'
import { onAbort } from './abort-listener.js'
import { type FileSource, type OpenFile, openSource } from './file-source.js'
import { obtainLease } from './obtain-lease.js'
import { isPromise } from './option-checks.js'
import { firstBytes } from './partial-lease.js'

/** What a reader was told, validated. */
export interface FileChunkSettings {
  readonly pool: BufferSource<Buffer>
  readonly chunkBytes: number
  readonly start: number | undefined
  readonly end: number
  readonly readAhead: number
  readonly signal: AbortSignal | undefined
}

type Result = IteratorResult<Lease<Buffer>, undefined>

interface Waiter {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

const done: Result = { done: true, value: undefined }
const nothing = (): void => {}

/**
 * Reads ahead of one consumer. A single loop opens, reads and closes; whatever ends the reading only leaves word for it, so that
 * memory and file are given up by the one who knows that no read is under way.
 */
export class FileChunkReader implements AsyncIterableIterator<Lease<Buffer>>, AsyncDisposable {
  readonly closed: Promise<void>
  readonly #source: FileSource
  readonly #settings: FileChunkSettings
  readonly #stop = new AbortController()
  readonly #ready: Lease<Buffer>[] = []
  readonly #waiters: Waiter[] = []
  #close: () => void = nothing
  #unlisten: () => void = nothing
  #file: OpenFile | undefined = undefined
  #position: number | undefined
  #left: number
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
    if (this.#endsByItself()) await this.closed
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

  get #wantsMore(): boolean {
    return !this.#isOver && (this.#waiters.length > 0 || this.#ready.length < this.#settings.readAhead)
  }

  async #run(): Promise<void> {
    try {
      if (this.#file === undefined) await this.#open()
      while (this.#wantsMore) if (!(await this.#readChunk())) this.#isOver = true
    } catch (error) {
      if (!this.#isOver) this.#failure = { error }
      this.#isOver = true
    }
    this.#isRunning = false
    if (this.#isOver) await this.#finish()
  }

  async #open(): Promise<void> {
    const { signal } = this.#settings
    signal?.throwIfAborted()
    this.#unlisten = onAbort(signal, () => this.#end({ error: signal?.reason }))
    this.#file = await openSource(this.#source)
  }

  /** Reads one chunk and hands it on; false at the end. */
  async #readChunk(): Promise<boolean> {
    const { pool, chunkBytes } = this.#settings
    const bytes = Math.min(chunkBytes, this.#left)
    if (bytes <= 0) return false
    const obtained = obtainLease(pool, bytes, this.#stop.signal)
    const lease = isPromise(obtained) ? await obtained : obtained
    let bytesRead = 0
    try {
      // Looked at again, since the wait for memory may have been served in the turn that ended the reading.
      if (!this.#isOver && this.#file !== undefined) {
        bytesRead = (await this.#file.handle.read(lease.buffer, 0, bytes, this.#position ?? null)).bytesRead
      }
    } catch (error) {
      lease.release()
      throw error
    }
    if (this.#isOver || bytesRead === 0) {
      lease.release()
      return false
    }
    if (this.#position !== undefined) this.#position += bytesRead
    this.#left -= bytesRead
    const chunk = firstBytes(lease, bytesRead)
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#ready.push(chunk)
    else waiter.resolve({ done: false, value: chunk })
    return true
  }

  /** Ends the reading from outside, at once for whoever waits; the loop gives up what it has when its read has ended. */
  #end(failure: { readonly error: unknown } | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    this.#stop.abort(failure?.error)
    for (const lease of this.#ready.splice(0)) lease.release()
    this.#answer()
    if (!this.#isRunning) void this.#finish()
  }

  /** Closes the file when no read is under way, then tells who waits. */
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

  /** The first of those who wait gets the error, if there is one; for the others it is over. */
  #answer(): void {
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      const failure = this.#failure
      this.#failure = undefined
      if (failure === undefined) resolve(done)
      else reject(failure.error)
    }
  }

  /** Whether what is under way will end: reads of ordinary files do, and what was not opened yet may be a pipe. */
  #endsByItself(): boolean {
    if (!this.#isRunning) return true
    try {
      return this.#file !== undefined && fstatSync(this.#file.handle.fd).isFile()
    } catch {
      return true
    }
  }
}
