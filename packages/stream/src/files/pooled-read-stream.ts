import { type PathLike, ReadStream, read as readFd } from 'node:fs'
import type { BufferSource, Lease } from '@pool/core'
import { leaseNow, type NonSharedBuffer, validChoice } from '@pool/core/kit'
import { filePool } from '../leases/default-pools.js'
import type { PooledReadStreamOptions } from './pooled-read-stream-options.js'

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
 * | | memory of its own, from a `pipe()` or an operator on | never: it is its reader's |
 * | `'copy'` | pooled memory; as in `fs` where the pool is exhausted | at once; its reader gets a copy of exactly the bytes |
 *
 * The bytes of a short read are copied, as in `fs`, so that a small chunk pins no large one. Pooled chunks can't be transferred to a worker.
 * The class makes streams of `'own'` and `'copy'`; {@link createPooledReadStream} makes all three.
 *
 * With `'release'`, a reader owns each Buffer that it gets whole. Where `read(size)` gives a part of a chunk or joins several,
 * the result is the reader's for ever, and the memory below leaves the pool. A chunk that `unshift()` puts back is copied; a whole chunk that is
 * put back needs no release. The destination of a `pipe()` releases nothing, and Node's operators, such as `map` and `drop`, read ahead and leave
 * chunks out: from then on the stream reads as with `'own'`, and `release()` is not needed.
 */
export class PooledReadStream extends ReadStream {
  readonly #pool: BufferSource<NonSharedBuffer>
  readonly #chunks: PooledReadStreamOptions['chunks']
  readonly #read: Read
  readonly #start: number | undefined
  readonly #maxBytes: number
  #isReading = false
  #whenIdle: ((error: Error | null) => void) | undefined = undefined
  #failure: Error | undefined = undefined

  /**
   * As {@link createPooledReadStream}, with `chunks` of `'own'` or `'copy'`.
   * @throws any error of `fs.createReadStream`; `ERR_POOL_INVALID_OPTION`
   */
  constructor(path: PathLike, options: PooledReadStreamOptions = {}) {
    const { pool, chunks = 'own', ...streamOptions } = options
    validChoice('chunks', chunks, new.target === PooledReadStream ? ['own', 'copy'] : ['own', 'release', 'copy'])
    const source = filePool(pool)
    // By Node's types the constructor takes no arguments; in fact it takes those of createReadStream.
    super(...([path, streamOptions] as unknown as []))
    this.#pool = source
    this.#chunks = chunks
    this.#read = (options.fs as { read?: Read } | undefined)?.read ?? (readFd as Read)
    this.#start = options.start
    this.#maxBytes = (options.end ?? Number.POSITIVE_INFINITY) - (options.start ?? 0) + 1
  }

  /**
   * Gives a chunk back, the very Buffer that was read; its memory may not be used afterwards.
   * @returns whether the chunk was pooled. Chunks that are not, such as short reads, parts and copies, need no release, and neither do
   * released ones. Always false unless `chunks` is `'release'`
   */
  release(_chunk: Uint8Array): boolean {
    return false
  }

  /** @internal */
  override _read(size: number): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
    if (this._isForReaders && this.readableEncoding === null) {
      super._read(size)
      return
    }
    const bytes = Math.min(this.#maxBytes - this.bytesRead, size)
    if (bytes <= 0) this.push(null)
    else this._obtain(this.#pool, bytes)
  }

  /**
   * Whether the next chunk is its reader's for ever, and is read by Node's code.
   * @internal
   */
  get _isForReaders(): boolean {
    return this.#chunks === 'own'
  }

  /**
   * Reads up to `bytes` into memory of `pool`. The stream waits for none, as `fs`: it does not come back for certain.
   * @internal
   */
  _obtain(pool: BufferSource<NonSharedBuffer>, bytes: number): void {
    this._readInto(this.#chunks === 'own' && bytes > pool.maxBytes ? undefined : leaseNow(pool, bytes), bytes)
  }

  /**
   * Reads up to `bytes` into a lease, or into memory of its own.
   * @internal
   */
  _readInto(lease: Lease<NonSharedBuffer> | undefined, bytes: number): void {
    const buffer = lease?.buffer ?? Buffer.allocUnsafeSlow(bytes)
    const { fd } = this as unknown as { readonly fd: number }
    const position = this.#start === undefined ? null : this.#start + this.bytesRead
    this.#isReading = true
    this.#read(fd, buffer, 0, bytes, position, (error, bytesRead) => {
      this.#isReading = false
      if (error || bytesRead === 0 || this.destroyed) {
        lease?.release()
        if (this.destroyed) this.#whenIdle?.(error)
        else if (error) this._fail(error)
        else this.push(null)
        return
      }
      this.bytesRead += bytesRead
      if (this.readableEncoding === null) this._handOn(lease, buffer, bytesRead)
      else {
        // The decoder copies the bytes of an unfinished character.
        this.push(buffer.subarray(0, bytesRead))
        lease?.release()
      }
    })
  }

  /**
   * Hands the first `bytes` of `buffer` to the reader: a copy, unless they fill memory that is not pooled.
   * @internal
   */
  _handOn(lease: Lease<NonSharedBuffer> | undefined, buffer: Buffer, bytes: number): void {
    const chunk = lease === undefined && bytes === buffer.length ? buffer : copyOf(buffer, bytes)
    lease?.release()
    this.push(chunk)
  }

  /**
   * Fails as Node's streams do: with an error that `_read` throws, and an empty chunk has it called again.
   * @internal
   */
  _fail(error: Error): void {
    this.#failure = error
    this.push(empty)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const isMade: boolean = #pool in this
    // A signal that aborted before destroys the stream while it is being made: nothing else would close the file that is being opened.
    if (!isMade) this.once('open', () => super._destroy(null, nothing))
    else if (this.#isReading) {
      this.#whenIdle = (failure) => super._destroy(error ?? failure, callback)
      return
    }
    super._destroy(error, callback)
  }
}

/** The first `bytes` of `buffer`, in memory of their own. */
export function copyOf(buffer: Buffer, bytes: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes)
  buffer.copy(copy, 0, 0, bytes)
  return copy
}
