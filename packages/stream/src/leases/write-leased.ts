import { errorMonitor } from 'node:events'
import type { OutgoingMessage, ServerResponse } from 'node:http'
import { PassThrough, type Writable } from 'node:stream'
import { type Lease, PoolError } from '@pool/core'
import { invalid, takeOver } from '@pool/core/kit'

/** Where leased memory can be written to: any stream of Node's that is done with the bytes when it calls a write back. */
export type LeasedWritable = Writable | OutgoingMessage

/** Leases that were written to one stream, and the promise of writers that wait for it to drain. */
class PendingWrites {
  readonly #writable: LeasedWritable
  readonly #leases = new Set<Lease>()
  #isGone = false
  #draining: Promise<void> | undefined = undefined
  #resume: () => void = nothing
  #give: (error: unknown) => void = nothing

  constructor(writable: LeasedWritable) {
    this.#writable = writable
    writable.on('drain', () => this.#drained())
    writable.on('finish', () => this.#drained())
    writable.on('close', () => this.#closed())
    // Observes errors without handling them: an error without a listener must go on ending the process.
    writable.on(errorMonitor, (error: Error) => this.#failed(error))
    this.#watchConnection()
  }

  /** A response that has to wait for earlier ones on its connection emits no `close` when the connection closes. */
  #watchConnection(): void {
    const { socket, req } = this.#writable as Partial<ServerResponse>
    if (socket !== null || req === undefined) return
    const onClose = (): void => this.#closed()
    req.socket.once('close', onClose)
    this.#writable.once('close', () => req.socket.off('close', onClose))
  }

  write(lease: Lease): Promise<void> {
    const { buffer } = lease
    const writable = this.#writable
    if (this.#isGone || writable.destroyed || writable.writableEnded) {
      lease.release()
      return ignorable(Promise.reject(this.#reason()))
    }
    let takesMore: unknown
    // A write in the place of Node's, as middleware that compresses has it, need not call back, and may return nothing.
    const isReplaced = Object.hasOwn(writable, 'write')
    const own = isReplaced ? lease : takeOver(lease)
    if (!isReplaced) this.#leases.add(own)
    try {
      if (isReplaced) takesMore = writable.write(copyAndRelease(own, buffer))
      else takesMore = writable.write(buffer, (error) => this.#written(own, error ?? undefined))
    } catch (error) {
      this.#written(own, error)
      return ignorable(Promise.reject(error))
    }
    return takesMore === false ? this.#drain() : ready
  }

  #drain(): Promise<void> {
    this.#draining ??= ignorable(
      new Promise((resolve, reject) => {
        this.#resume = resolve
        this.#give = reject
      })
    )
    return this.#draining
  }

  #written(lease: Lease, error: unknown): void {
    if (!this.#leases.delete(lease)) return
    // Node calls the write of a destroyed socket back without an error, also when it failed.
    const failure = error ?? (this.#writable.destroyed ? this.#reason() : undefined)
    if (failure === undefined) lease[Symbol.dispose]()
    else {
      discard(lease)
      this.#failed(failure)
    }
  }

  #drained(): void {
    this.#draining = undefined
    this.#resume()
  }

  #failed(error: unknown): void {
    this.#draining = undefined
    this.#give(error)
  }

  #closed(): void {
    this.#isGone = true
    // Their writes were never called back, so that the memory may still be read from.
    for (const lease of this.#leases) discard(lease)
    this.#leases.clear()
    this.#failed(this.#reason())
  }

  #reason(): unknown {
    const { errored } = this.#writable as Writable
    if (errored) return errored
    return new PoolError(
      'ERR_POOL_STREAM_CLOSED',
      'The stream was ended or destroyed before it took all that was written. Stop writing, and let the source of the leases end.'
    )
  }
}

const nothing = (): void => {}
const ready = Promise.resolve()
const pendingOf = new WeakMap<LeasedWritable, PendingWrites>()

/**
 * Writes leased memory and takes the lease over: for its giver it counts as released at once, and a second release is refused. The
 * memory goes back to its pool when the stream is done with the bytes, which may be long after the call. When the write fails, or the
 * stream is destroyed with the write under way, the memory is withdrawn from its pool instead: it may still be read from.
 *
 * The promise is there for backpressure. It may be ignored, and its rejection then goes unreported.
 * ```ts
 * for await (const lease of pooledFileChunks(path)) await writeLeased(response, lease)
 * ```
 * A stream that hands the very bytes on is not done with them when it calls back. `PassThrough` and streams in object mode are
 * therefore invalid; of a `Transform` or `Writable` of your own only you know. Where `write` was replaced on the stream itself, as
 * compressing middleware does, it gets a copy, and the lease is released at once.
 *
 * @param writable - a socket, file, HTTP message, compressor or cipher, or your own that uses no byte after it called back
 * @param lease - the stream's from the call on
 * @returns a promise that fulfils when the stream takes more: at once, or when it has drained
 * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_LEASE_RELEASED`: the lease is then still yours. (rejects) The error of the stream, or
 * `ERR_POOL_STREAM_CLOSED` when it was ended or destroyed
 */
export function writeLeased(writable: LeasedWritable, lease: Lease): Promise<void> {
  validWritable(writable)
  if (typeof lease !== 'object' || lease === null || typeof lease.retain !== 'function') throw invalid('lease', 'a lease', lease)
  let pending = pendingOf.get(writable)
  if (pending === undefined) {
    pending = new PendingWrites(writable)
    pendingOf.set(writable, pending)
  }
  return pending.write(lease)
}

/**
 * Refuses a stream that leased memory can't be written to.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function validWritable(writable: LeasedWritable): void {
  const isWritable = typeof writable === 'object' && writable !== null && typeof writable.write === 'function'
  if (!isWritable || typeof writable.on !== 'function') throw invalid('writable', 'a writable stream of Node', writable)
  if (writable.writableObjectMode || writable instanceof PassThrough) {
    throw new PoolError(
      'ERR_POOL_INVALID_OPTION',
      'writable hands the very bytes on, and nobody tells when they are done with. Write the lease itself to a stream in object mode, or a copy.'
    )
  }
}

function copyAndRelease(lease: Lease, buffer: Uint8Array): Buffer {
  const copy = Buffer.from(buffer)
  lease.release()
  return copy
}

function discard(lease: Lease): void {
  if (!lease.released) lease.discard()
}

/** A promise whose rejection may be ignored. */
function ignorable(promise: Promise<void>): Promise<void> {
  promise.catch(nothing)
  return promise
}
