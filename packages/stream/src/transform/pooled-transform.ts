import { Transform, type TransformCallback } from 'node:stream'
import { type BufferSource, type Lease, PoolError } from '@pool/core'
import { isThenable, leaseNow, type NonSharedBuffer, partOfLease, validInteger } from '@pool/core/kit'
import { addLeaseOperators } from '../leases/lease-operators.js'
import { readOwned, releaseUnread } from '../leases/lease-side.js'
import { checkTransformOptions, outputPart, type PooledTransformOptions, type TransformOutput } from './pooled-transform-options.js'

const defaultFlushBytes = 4096

/**
 * A `Transform` that gives each chunk scratch memory out of a pool.
 *
 * ```
 *   chunk ──► lease scratch ──► _process(chunk, scratch) ──┬─ 'copy':  one copy ──► consumer; scratch back at once
 *               │ pool exhausted: wait; nothing more       └─ 'lease': the lease ──► consumer, which releases it
 *               └ is taken in meanwhile
 * ```
 *
 * Pass `transform` and `flush`, or derive a class and override {@link PooledTransform._process} and {@link PooledTransform._finish}.
 *
 * Scratch is the function's until it returns or its promise settles, also when the stream is destroyed meanwhile. When the promise
 * rejects, the scratch is withdrawn from the pool: something may still be writing to it.
 *
 * With `output: 'lease'`, leases that were not read when the stream is destroyed go back to the pool, and listeners to `data` are removed
 * for it; leases that were read belong to their reader. `ERR_POOL_INVALID_OUTPUT`, `ERR_POOL_TOO_LARGE` and errors of the functions end the
 * stream as any error does.
 */
export class PooledTransform extends Transform {
  readonly #pool: BufferSource<NonSharedBuffer>
  readonly #process: PooledTransformOptions['transform']
  readonly #flush: PooledTransformOptions['flush']
  readonly #bytes: PooledTransformOptions['scratchBytes']
  readonly #flushBytes: number
  readonly #handsOnLeases: boolean
  #waiting: AbortController | undefined = undefined

  /** @throws `ERR_POOL_INVALID_OPTION`, naming the option */
  constructor(options: PooledTransformOptions) {
    checkTransformOptions(options)
    const { pool, transform, flush, scratchBytes, flushBytes = defaultFlushBytes, output = 'copy', ...nodeOptions } = options
    super(output === 'lease' ? { ...nodeOptions, readableObjectMode: true } : nodeOptions)
    this.#pool = pool
    this.#process = transform
    this.#flush = flush
    this.#bytes = scratchBytes
    this.#flushBytes = flushBytes
    this.#handsOnLeases = output === 'lease'
    if (transform === undefined && this._process === PooledTransform.prototype._process) {
      throw new PoolError('ERR_POOL_INVALID_OPTION', 'transform must be a function, or a derived class must have _process.')
    }
  }

  /** Makes output of `chunk` in `scratch`; for derived classes. Called for one chunk at a time. */
  _process(chunk: NonSharedBuffer, scratch: NonSharedBuffer): TransformOutput | PromiseLike<TransformOutput> {
    return this.#process?.(chunk, scratch)
  }

  /** Makes the last output; for derived classes. */
  _finish(scratch: NonSharedBuffer): TransformOutput | PromiseLike<TransformOutput> {
    return this.#flush?.(scratch)
  }

  /** Bytes of scratch for `chunk`, 1 at least; for derived classes. */
  _scratchBytes(chunk: NonSharedBuffer): number {
    const bytes = this.#bytes
    if (bytes === undefined) return chunk.length || 1
    return typeof bytes === 'number' ? bytes : validInteger('scratchBytes', bytes(chunk), 1, Number.MAX_SAFE_INTEGER)
  }

  /** As of Node's `read()`: a Buffer or a string; with `output: 'lease'` a lease; or null. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it.
  override read(size?: number): any {
    return this.#handsOnLeases ? readOwned(this, size) : super.read(size)
  }

  /** @internal */
  override _transform(chunk: NonSharedBuffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#start(chunk, callback)
  }

  /** @internal */
  override _flush(callback: TransformCallback): void {
    const finishes = this.#flush !== undefined || this._finish !== PooledTransform.prototype._finish
    if (finishes) this.#start(undefined, callback)
    else callback()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // A signal that aborted before destroys the stream while it is being made.
    if (#waiting in this) this.#waiting?.abort()
    super._destroy(error, (failure) => {
      if (#handsOnLeases in this && this.#handsOnLeases) releaseUnread(this)
      callback(failure)
    })
  }

  #start(chunk: NonSharedBuffer | undefined, callback: TransformCallback): void {
    let bytes = this.#flushBytes
    let lease: Lease<NonSharedBuffer> | undefined
    try {
      if (chunk !== undefined) bytes = this._scratchBytes(chunk)
      lease = leaseNow(this.#pool, bytes)
    } catch (error) {
      callback(error as Error)
      return
    }
    if (lease === undefined) void this.#startLater(bytes, chunk, callback)
    else this.#run(lease, chunk, callback)
  }

  async #startLater(bytes: number, chunk: NonSharedBuffer | undefined, callback: TransformCallback): Promise<void> {
    this.#waiting = new AbortController()
    let lease: Lease<NonSharedBuffer>
    try {
      lease = await this.#pool.leaseAsync(bytes, { signal: this.#waiting.signal })
    } catch (error) {
      // A destroyed stream takes no error any more, but has to be called back.
      nextTurn(callback, this.destroyed ? null : (error as Error))
      return
    } finally {
      this.#waiting = undefined
    }
    // Out of the promise, so that an error of a listener is an uncaught exception as in every stream.
    if (!this.destroyed) nextTurn(() => this.#run(lease, chunk, callback))
    else lease.release()
  }

  #run(lease: Lease<NonSharedBuffer>, chunk: NonSharedBuffer | undefined, callback: TransformCallback): void {
    const scratch = lease.buffer
    let output: unknown
    try {
      output = chunk === undefined ? this._finish(scratch) : this._process(chunk, scratch)
    } catch (error) {
      lease.release()
      callback(error as Error)
      return
    }
    if (isThenable(output)) void this.#settle(output, lease, callback)
    else this.#deliver(output, lease, callback)
  }

  async #settle(output: PromiseLike<unknown>, lease: Lease<NonSharedBuffer>, callback: TransformCallback): Promise<void> {
    let settled: unknown
    try {
      settled = await output
    } catch (error) {
      lease.discard()
      nextTurn(callback, error as Error)
      return
    }
    nextTurn(() => this.#deliver(settled, lease, callback))
  }

  #deliver(output: unknown, lease: Lease<NonSharedBuffer>, callback: TransformCallback): void {
    let chunk: Lease<NonSharedBuffer> | NonSharedBuffer | undefined
    try {
      const scratch = lease.buffer
      const part = this.destroyed ? undefined : outputPart(output, scratch)
      if (part !== undefined) {
        if (!this.#handsOnLeases) chunk = Buffer.from(part)
        else chunk = partOfLease(lease, part.byteOffset - scratch.byteOffset, part.byteOffset - scratch.byteOffset + part.length)
      }
    } catch (error) {
      lease.release()
      callback(error as Error)
      return
    }
    if (chunk === undefined || !this.#handsOnLeases) lease.release()
    if (chunk === undefined) callback()
    else callback(null, chunk)
  }
}

addLeaseOperators(PooledTransform.prototype)

/**
 * A {@link PooledTransform} of a function.
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option
 * @example
 * ```ts
 * const upper = pooledTransform({ pool, transform: (chunk, scratch) => scratch.write(chunk.toString('latin1').toUpperCase(), 'latin1') })
 * ```
 */
export function pooledTransform(options: PooledTransformOptions & Required<Pick<PooledTransformOptions, 'transform'>>): PooledTransform {
  return new PooledTransform(options)
}

function nextTurn(callback: (error: Error | null) => void, error: Error | null = null): void {
  process.nextTick(callback, error)
}
