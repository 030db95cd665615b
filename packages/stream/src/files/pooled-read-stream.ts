import { createReadStream, type PathLike, ReadStream, read as readFd } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { BufferSource, Lease } from '@pool/core'
import { leaseNow, validChoice } from '@pool/core/kit'
import { filePool } from '../leases/default-pools.js'
import { LentChunks } from './lent-chunks.js'

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

const nothing = (): void => {}
const empty = Buffer.alloc(0)

/**
 * An `fs.ReadStream` that reads into pooled memory where that is safe. All but the memory is Node's: options, events, errors, and their
 * order.
 *
 * | `chunks` | a chunk is read into | which goes back |
 * |---|---|---|
 * | `'own'` | memory of its own, as in `fs` | never: it is its reader's |
 * | | pooled memory, where bytes become strings; as in `fs` where the pool is exhausted | when it is decoded |
 * | `'release'` | pooled memory; waits where the pool is exhausted | by `release(chunk)`; unread when the stream is destroyed, or thrown away by `resume()` |
 * | `'copy'` | pooled memory; as in `fs` where the pool is exhausted | at once; its reader gets a copy of exactly the bytes |
 *
 * What was read short is copied, as in `fs`, so that a small chunk pins no large one. Pooled chunks can't be transferred to a worker.
 *
 * With `'release'`, a reader owns each Buffer that it gets whole. Where `read(size)` gives a part of a chunk or joins several,
 * the result is the reader's for ever, and the memory below leaves the pool. What `unshift()` puts back is copied; a whole chunk that is
 * put back needs no release. A stream that is piped hands its chunks to a destination that releases none: each counts as leaked.
 */
export class PooledReadStream extends ReadStream {
  readonly #pool: BufferSource<Buffer>
  readonly #chunks: 'own' | 'release' | 'copy'
  readonly #read: Read
  readonly #start: number | undefined
  readonly #maxBytes: number
  readonly #lent = new LentChunks(this)
  #isReading = false
  #whenIdle: ((error: Error | null) => void) | undefined = undefined
  #waiting: AbortController | undefined = undefined
  #failure: Error | undefined = undefined
  /** What `data` was last emitted with, while `read()` runs. */
  #emitted: unknown = undefined

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
    this.#start = options.start
    this.#maxBytes = (options.end ?? Number.POSITIVE_INFINITY) - (options.start ?? 0) + 1
  }

  /**
   * Gives a chunk back, the very Buffer that was read; its memory may not be used afterwards.
   * @returns whether it was pooled; what was not, as short reads, parts and copies, needs no release, and neither does what was released
   */
  release(chunk: Uint8Array): boolean {
    return this.#lent.release(chunk)
  }

  /** As of `Readable`. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it.
  override read(size?: number): any {
    this.#emitted = undefined
    const chunk: unknown = super.read(size)
    // A stream that failed hands chunks out without an event.
    if (chunk !== null && chunk !== this.#emitted) this.#lent.handOut(chunk)
    this.#emitted = undefined
    return chunk
  }

  /** As of `EventEmitter`. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it.
  override emit(event: string | symbol, ...values: any[]): boolean {
    if (event !== 'data' || !(#emitted in this)) return super.emit(event, ...values)
    const [chunk] = values
    this.#lent.handOut(chunk)
    this.#emitted = chunk
    // `resume()` without a listener throws the chunk away.
    if (this.readableFlowing === true && this.listenerCount('data') === 0 && chunk instanceof Uint8Array) this.#lent.release(chunk)
    const isHeard = super.emit(event, ...values)
    this.#emitted = chunk
    return isHeard
  }

  /** As of `Readable`, with a copy of the bytes: their memory stays the reader's, and a whole chunk need not be released any more. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it.
  override unshift(chunk: any, encoding?: BufferEncoding): void {
    if (this.#chunks !== 'release' || !(chunk instanceof Uint8Array)) {
      super.unshift(chunk, encoding)
      return
    }
    const copy = Buffer.from(chunk)
    this.#lent.withdraw(chunk)
    super.unshift(copy)
  }

  /** As of `Readable`. What was not read becomes strings, and its memory goes back. */
  override setEncoding(encoding: BufferEncoding): this {
    this.#lent.releaseUnread(() => super.setEncoding(encoding))
    return this
  }

  /** @internal */
  override _read(size: number): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
    if (this.#chunks === 'own' && this.readableEncoding === null) {
      super._read(size)
      return
    }
    const bytes = Math.min(this.#maxBytes - this.bytesRead, size)
    if (bytes <= 0) {
      this.push(null)
      return
    }
    const lease = this.#chunks === 'own' && bytes > this.#pool.maxBytes ? undefined : leaseNow(this.#pool, bytes)
    // Only with 'release' does memory come back for certain; otherwise the stream waits for nothing, as `fs`.
    if (lease === undefined && this.#chunks === 'release') void this.#wait(bytes)
    else this.#readInto(lease, bytes)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const isMade: boolean = #pool in this
    // A signal that aborted before destroys the stream while it is being made: nothing else would close the file that is being opened.
    if (!isMade) this.once('open', () => super._destroy(null, nothing))
    const close = (failure: Error | null) => {
      if (isMade) this.#lent.releaseUnread()
      super._destroy(failure, callback)
    }
    if (isMade) this.#waiting?.abort()
    if (isMade && this.#isReading) this.#whenIdle = (failure) => close(error ?? failure)
    else close(error)
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
    const { fd } = this as unknown as { readonly fd: number }
    const position = this.#start === undefined ? null : this.#start + this.bytesRead
    this.#isReading = true
    this.#read(fd, buffer, 0, bytes, position, (error, bytesRead) => {
      this.#isReading = false
      if (error || bytesRead === 0 || this.destroyed) {
        lease?.release()
        if (this.destroyed) this.#whenIdle?.(error)
        else if (error) this.#fail(error)
        else this.push(null)
        return
      }
      this.bytesRead += bytesRead
      this.#handOn(lease, buffer, bytesRead)
    })
  }

  #handOn(lease: Lease<Buffer> | undefined, buffer: Buffer, bytes: number): void {
    if (this.readableEncoding !== null) {
      // The decoder copies what there is of an unfinished character.
      this.push(buffer.subarray(0, bytes))
      lease?.release()
      return
    }
    const isWhole = bytes === buffer.length && (lease === undefined || this.#chunks === 'release')
    const chunk = isWhole ? buffer : copyOf(buffer, bytes)
    if (!isWhole) lease?.release()
    if (this.#chunks === 'release') this.#lent.add(chunk, isWhole ? lease : undefined)
    this.push(chunk)
  }

  /** Fails as Node's streams do: with an error that `_read` throws, and an empty chunk has it called again. */
  #fail(error: Error): void {
    this.#failure = error
    this.push(empty)
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
