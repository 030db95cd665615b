import { createReadStream, type PathLike, ReadStream, read as readFd } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { BufferSource, Lease } from '@pool/core'
import { validChoice } from '@pool/core/validate'
import { filePool } from '../leases/default-pools.js'
import { leaseNow } from '../leases/obtain-lease.js'
import { isSink, PipedChunks } from './piped-chunks.js'
import { PushedChunks } from './pushed-chunks.js'

/** The options of `fs.createReadStream`, where memory comes from, and who owns a chunk. */
export interface PooledReadStreamOptions {
  /** Where memory comes from. Default: one pool of the package, `stream-files`. */
  readonly pool?: BufferSource<Buffer>
  /**
   * Who owns a chunk. `'own'`: its reader, for ever, as with `fs`. `'release'`: its reader, until it hands it to
   * {@link PooledReadStream.release}. `'copy'`: its reader, for ever, since it is a copy. Default `'own'`.
   */
  readonly chunks?: 'own' | 'release' | 'copy'
  /** As in `fs`: how to open. Default `'r'`. */
  readonly flags?: string
  /** As in `fs`: turns bytes into strings; memory is then scratch. Default: buffers. */
  readonly encoding?: BufferEncoding
  /** As in `fs`: an open file instead of the path. */
  readonly fd?: number | FileHandle
  /** As in `fs`: permissions where the flags create the file. Default `0o666`. */
  readonly mode?: number
  /** As in `fs`: whether the file is closed at the end and on errors. Default true. */
  readonly autoClose?: boolean
  /** As in `fs`: whether `close` is emitted. Default true. */
  readonly emitClose?: boolean
  /** As in `fs`: offset of the first byte. Default: where the file stands. */
  readonly start?: number
  /** As in `fs`: offset of the last byte, inclusive. Default `Infinity`. */
  readonly end?: number
  /** As in `fs`: bytes of a chunk. Default 65 536. */
  readonly highWaterMark?: number
  /** As in `fs`: destroys the stream. */
  readonly signal?: AbortSignal
  /** As in `fs`: other functions to open, read and close. */
  readonly fs?: object
}

type Read = (
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number | null,
  callback: (error: Error | null, bytesRead: number) => void
) => void

/** What every `fs.ReadStream` has, and the types leave out. */
interface OpenStream {
  readonly fd: number
  readonly autoClose: boolean
  readonly _readableState: { errored: Error | null }
  bytesRead: number
}

const nothing = (): void => {}

/** Chunks that may wait in a sink at a time; further ones get memory of their own. */
const mostPiped = 16

/**
 * An `fs.ReadStream` that reads into pooled memory. All but the memory is Node's: options, events, errors, and their order.
 *
 * | `chunks` | a chunk is read into | which goes back |
 * |---|---|---|
 * | `'own'` | pooled memory, while all goes by one `pipe` or `pipeline` into a socket, an HTTP message or a file, or becomes strings | when it is written or decoded |
 * | | else, and where the pool is exhausted, memory of its own, as in `fs` | never: it is its reader's |
 * | `'release'` | pooled memory; waits where the pool is exhausted | by `release(chunk)`, or unread when the stream is destroyed |
 * | `'copy'` | pooled memory | at once; its reader gets a copy of exactly the bytes |
 *
 * What was read short is copied, as in `fs`, so that a small chunk pins no large one. Pooled chunks can't be transferred to a worker.
 * A stream that is piped must not be read by `read()` besides.
 */
export class PooledReadStream extends ReadStream {
  readonly #pool: BufferSource<Buffer>
  readonly #chunks: 'own' | 'release' | 'copy'
  readonly #read: Read
  readonly #leases = new WeakMap<Uint8Array, Lease<Buffer>>()
  readonly #unread = new PushedChunks()
  #position: number | undefined
  #left: number
  #isReading = false
  #whenIdle: ((error: Error | null) => void) | undefined = undefined
  #waiting: AbortController | undefined = undefined
  #piped: PipedChunks | undefined = undefined
  #isPiping = false
  #isSeen = false

  /**
   * As {@link createPooledReadStream}.
   * @throws what `fs.createReadStream` throws; `ERR_POOL_INVALID_OPTION`
   */
  constructor(path: PathLike, options: PooledReadStreamOptions = {}) {
    const { pool, chunks = 'own', ...streamOptions } = options
    validChoice('chunks', chunks, ['own', 'release', 'copy'])
    const source = filePool(pool)
    // By Node's types the constructor takes nothing; what it takes are the arguments of createReadStream.
    super(...([path, streamOptions] as unknown as []))
    this.#pool = source
    this.#chunks = chunks
    this.#read = (options.fs as { read?: Read } | undefined)?.read ?? (readFd as Read)
    this.#position = options.start
    this.#left = (options.end ?? Number.POSITIVE_INFINITY) - (options.start ?? 0) + 1
    // Whoever sees a chunk may keep it; a sink is known to be done with it, and nobody else.
    this.on('newListener', (event) => {
      if (!this.#isPiping && (event === 'data' || event === 'readable')) this.#seen()
    })
  }

  /**
   * Gives a chunk back, the very Buffer that was read; nobody may touch it afterwards.
   * @returns whether it was pooled; what was not, as short reads and copies, needs no release, and neither does what was released
   */
  release(chunk: Uint8Array): boolean {
    const lease = this.#leases.get(chunk)
    if (lease === undefined) return false
    this.#leases.delete(chunk)
    lease.release()
    return true
  }

  /**
   * As of `Readable`. Into one socket, HTTP message or file, and nowhere else, chunks are pooled.
   * @param options - `end`: whether `destination` is ended at the end; default true
   */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: Parameters<NodeJS.ReadableStream['pipe']>[1]): T {
    if (this.#piped === undefined && isSink(destination)) this.#piped = new PipedChunks(destination)
    else this.#seen()
    this.#isPiping = true
    try {
      return super.pipe(destination, options)
    } finally {
      this.#isPiping = false
    }
  }

  /** As of `Readable`. What comes afterwards is not pooled. */
  override unpipe(destination?: NodeJS.WritableStream): this {
    this.#isSeen = true
    this.#piped?.cut(this.readableLength)
    return super.unpipe(destination)
  }

  /** As of `Readable`. What was not read becomes strings, and its memory goes back. */
  override setEncoding(encoding: BufferEncoding): this {
    // What is unread is counted in bytes until here, and in characters from here on, which tell no longer whose they are.
    const unread = this.readableLength
    this.#piped?.cut(unread)
    super.setEncoding(encoding)
    for (const lease of this.#unread.takeLast(unread)) this.release(lease.buffer)
    this.#unread.takeFirst(0)
    return this
  }

  /** @internal */
  override _read(size: number): void {
    const bytes = Math.min(this.#left, size)
    if (bytes <= 0) {
      this.push(null)
      return
    }
    this.#piped?.releaseWritten(this.readableLength)
    this.#unread.takeFirst(this.readableLength)
    let lease: Lease<Buffer> | undefined
    try {
      if (this.#mayPool(bytes)) lease = leaseNow(this.#pool, bytes)
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    // Only those who release wait: for the others nothing might ever come back, and `fs` never waits.
    if (lease === undefined && this.#chunks === 'release') void this.#wait(bytes)
    else this.#readInto(lease, bytes)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const isMade: boolean = #pool in this
    // A signal that aborted before destroys the stream while it is being made: its file is being opened, and nobody else would close it.
    if (!isMade) this.once('open', () => super._destroy(null, nothing))
    const close = (failure: Error | null) => {
      if (isMade) this.#throwUnreadAway()
      super._destroy(failure, callback)
    }
    if (isMade) this.#waiting?.abort()
    if (isMade && this.#isReading) this.#whenIdle = (failure) => close(error ?? failure)
    else close(error)
  }

  #mayPool(bytes: number): boolean {
    if (this.#chunks !== 'own') return true
    if (bytes > this.#pool.maxBytes) return false
    if (this.readableEncoding !== null) return true
    return this.#piped !== undefined && !this.#isSeen && this.#piped.size < mostPiped
  }

  async #wait(bytes: number): Promise<void> {
    this.#waiting = new AbortController()
    let lease: Lease<Buffer>
    try {
      lease = await this.#pool.leaseAsync(bytes, { signal: this.#waiting.signal })
    } catch (error) {
      if (!this.destroyed) this.#fail(error as Error)
      return
    } finally {
      this.#waiting = undefined
    }
    if (this.destroyed) lease.release()
    else this.#readInto(lease, bytes)
  }

  #readInto(lease: Lease<Buffer> | undefined, bytes: number): void {
    const buffer = lease?.buffer ?? Buffer.allocUnsafeSlow(bytes)
    const stream = this as unknown as OpenStream
    this.#isReading = true
    this.#read(stream.fd, buffer, 0, bytes, this.#position ?? null, (error, bytesRead) => {
      this.#isReading = false
      if (error || bytesRead === 0 || this.destroyed) {
        lease?.release()
        if (this.destroyed) this.#whenIdle?.(error)
        else if (error) this.#fail(error)
        else this.push(null)
        return
      }
      if (this.#position !== undefined) this.#position += bytesRead
      this.#left -= bytesRead
      stream.bytesRead += bytesRead
      if (lease !== undefined && bytesRead === bytes && this.#chunks !== 'copy' && this.readableEncoding === null) this.#handOn(lease)
      else this.#handOver(lease, buffer, bytesRead)
    })
  }

  /** Hands pooled memory on. */
  #handOn(lease: Lease<Buffer>): void {
    const { buffer } = lease
    if (this.#chunks === 'release') {
      this.#leases.set(buffer, lease)
      this.#unread.add(buffer.length, lease)
    } else {
      this.#piped?.add(buffer.length, this.#isSeen ? undefined : lease)
      // Somebody came while it was being read, and may keep it.
      if (this.#isSeen) lease.discard()
    }
    this.push(buffer)
  }

  /** Hands over memory of the reader's own, or bytes to become a string. */
  #handOver(lease: Lease<Buffer> | undefined, buffer: Buffer, bytes: number): void {
    this.#piped?.add(bytes)
    this.#unread.add(bytes)
    const isScratch = this.readableEncoding !== null || (lease === undefined && bytes === buffer.length)
    this.push(isScratch ? buffer.subarray(0, bytes) : copyOf(buffer, bytes))
    // A decoder keeps what there is of an unfinished character itself.
    lease?.release()
  }

  /** Somebody sees the chunks from now on. */
  #seen(): void {
    if (this.#isSeen) return
    this.#isSeen = true
    this.#piped?.giveUpUnread(this.readableLength)
  }

  #throwUnreadAway(): void {
    const unread = this.readableLength
    if (unread > 0 && (this.#unread.size > 0 || this.#piped !== undefined)) {
      // read() would hand it to them.
      this.removeAllListeners('data')
      this.read(unread)
    }
    for (const lease of this.#unread.takeLast(unread)) this.release(lease.buffer)
    this.#piped?.end(unread)
  }

  /** What streams of Node do with errors. */
  #fail(error: Error): void {
    const stream = this as unknown as OpenStream
    if (stream.autoClose) this.destroy(error)
    else {
      stream._readableState.errored ??= error
      this.emit('error', error)
    }
  }
}

/**
 * `fs.createReadStream` with pooled memory. Put in its place it is safe: a chunk is its reader's for ever, unless `chunks` says
 * otherwise; see {@link PooledReadStream} for when memory is pooled.
 * @param path - as of `fs.createReadStream`; ignored where `fd` is given
 * @param options - those of `fs.createReadStream` and {@link PooledReadStreamOptions.pool} and
 * {@link PooledReadStreamOptions.chunks}, or an encoding
 * @throws what `fs.createReadStream` throws; `ERR_POOL_INVALID_OPTION`
 */
export function createPooledReadStream(path: PathLike, options?: BufferEncoding | PooledReadStreamOptions | null): PooledReadStream {
  if (typeof options === 'string') return new PooledReadStream(path, { encoding: options })
  // What can be no options gets the error that `fs` has for it.
  if (typeof options !== 'object' && typeof options !== 'function' && options !== undefined) createReadStream(path, options)
  return new PooledReadStream(path, options ?? {})
}

function copyOf(buffer: Buffer, bytes: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes)
  buffer.copy(copy, 0, 0, bytes)
  return copy
}
