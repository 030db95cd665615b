import { Readable } from 'node:stream'
import type { BufferSource, Lease } from '@pool/core'
import { leaseNow, type NonSharedBuffer } from '@pool/core/kit'
import { LentChunks } from './lent-chunks.js'
import { copyOf, PooledReadStream } from './pooled-read-stream.js'

/**
 * A read stream with `chunks: 'release'`: each chunk is lent to its reader, until it is released. Chunks that no reader can release
 * go back by themselves, or leave the pool: those that the stream throws away, those below a part that was read, and all from a
 * `pipe()` or an operator on.
 */
export class LendingReadStream extends PooledReadStream {
  readonly #lent = new LentChunks(this)
  #waiting: AbortController | undefined = undefined
  /** The chunk that `data` was last emitted with, while `read()` runs. */
  #emitted: unknown = undefined
  #isPassedOn = false
  /** The chunks that the stream still has went back: it may hand none of them out any more. */
  #isOver = false

  override release(chunk: Uint8Array): boolean {
    return this.#lent.release(chunk)
  }

  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it.
  override read(size?: number): any {
    if (this.#isOver) return null
    this.#emitted = undefined
    const chunk: unknown = super.read(size)
    // A stream that failed hands chunks out without an event.
    if (chunk !== null && chunk !== this.#emitted) this.#lent.handOut(chunk)
    this.#emitted = undefined
    return chunk
  }

  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it.
  override emit(event: string | symbol, ...values: any[]): boolean {
    if (event !== 'data' || !(#isOver in this)) return super.emit(event, ...values)
    const [chunk] = values
    this.#lent.handOut(chunk)
    this.#emitted = chunk
    if (chunk instanceof Uint8Array) {
      if (this.#isPassedOn) this.#lent.withdraw(chunk)
      // `resume()` without a listener throws the chunk away.
      else if (this.readableFlowing === true && this.listenerCount('data') === 0) this.#lent.release(chunk)
    }
    const isHeard = super.emit(event, ...values)
    this.#emitted = chunk
    return isHeard
  }

  /** As of `Readable`. A destination releases nothing, so that its chunks are its own. */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    this._passOn()
    return super.pipe(destination, options)
  }

  /**
   * From now on, chunks are their readers' for ever.
   * @internal
   */
  _passOn(): void {
    this.#isPassedOn = true
  }

  /** As of `Readable`, with a copy of the bytes: their memory stays the reader's, and a whole chunk need not be released any more. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it.
  override unshift(chunk: any, encoding?: BufferEncoding): void {
    if (!(chunk instanceof Uint8Array)) {
      super.unshift(chunk, encoding)
      return
    }
    const copy = Buffer.from(chunk)
    this.#lent.withdraw(chunk)
    super.unshift(copy)
  }

  /** As of `Readable`. Unread chunks become strings, and their memory goes back. */
  override setEncoding(encoding: BufferEncoding): this {
    this.#lent.releaseUnread(() => super.setEncoding(encoding))
    return this
  }

  override get _isForReaders(): boolean {
    return this.#isPassedOn
  }

  /** Memory comes back for certain, so that the stream waits for it where there is none. */
  override _obtain(pool: BufferSource<NonSharedBuffer>, bytes: number): void {
    const lease = leaseNow(pool, bytes)
    if (lease === undefined) void this.#wait(pool, bytes)
    else this._readInto(lease, bytes)
  }

  async #wait(pool: BufferSource<NonSharedBuffer>, bytes: number): Promise<void> {
    this.#waiting = new AbortController()
    let lease: Lease<NonSharedBuffer>
    try {
      lease = await pool.leaseAsync(bytes, { signal: this.#waiting.signal })
    } catch (error) {
      if (!this.destroyed) this._fail(error as Error)
      return
    } finally {
      this.#waiting = undefined
    }
    if (this.destroyed) lease.release()
    else this._readInto(lease, bytes)
  }

  override _handOn(lease: Lease<NonSharedBuffer> | undefined, buffer: Buffer, bytes: number): void {
    const isWhole = bytes === buffer.length
    const chunk = isWhole ? buffer : copyOf(buffer, bytes)
    if (!isWhole) lease?.release()
    this.#lent.add(chunk, isWhole ? lease : undefined)
    this.push(chunk)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!(#isOver in this)) {
      super._destroy(error, callback)
      return
    }
    this.#waiting?.abort()
    super._destroy(error, (failure) => {
      this.#isOver = true
      this.#lent.releaseUnread()
      callback(failure)
    })
  }
}

/** Node's operators that read ahead, or leave chunks out: no reader could release those. */
const operators = ['map', 'filter', 'flatMap', 'drop', 'take', 'forEach', 'find', 'some', 'every', 'asIndexedPairs']
const nodeOperators = Readable.prototype as object as Readonly<Record<string, ((...all: unknown[]) => unknown) | undefined>>

for (const name of operators) {
  const operator = nodeOperators[name]
  // Node 20 alone has asIndexedPairs.
  if (operator === undefined) continue
  const value = function (this: LendingReadStream, ...all: unknown[]): unknown {
    this._passOn()
    return operator.apply(this, all)
  }
  Object.defineProperty(LendingReadStream.prototype, name, { value, writable: true, configurable: true })
}
