import { type BufferSource, PoolError, SizeClassPool } from '@pool/core'
import { validSource } from '@pool/core/validate'

/** Of each size: bytes are what bounds the pool, not how many streams stand in the midst of a message. */
const mostBuffers = 1_000_000

let shared: SizeClassPool | undefined

/**
 * The pool of whatever was given none: one for the whole process, made on first use, bounded by a quarter of the memory that the
 * process may use. It does not clear: each message fills its memory before anybody sees it.
 */
export function sharedMessagePool(): BufferSource<Buffer> {
  if (shared === undefined || shared.closed) {
    shared = new SizeClassPool({ name: 'messages', maxClassBytes: 16 * 1024 * 1024, maxSize: mostBuffers, clear: 'never' })
  }
  return shared
}

/** The pool that was given, or the shared one. */
export function messagePool(pool: BufferSource<Buffer> | undefined): BufferSource<Buffer> {
  return pool === undefined ? sharedMessagePool() : validSource('pool', pool)
}

/** @throws `ERR_POOL_INVALID_OPTION` when the largest message would never fit the pool */
export function checkFits(name: string, bytes: number, pool: BufferSource<Buffer>): void {
  if (bytes <= pool.maxBytes) return
  throw new PoolError(
    'ERR_POOL_INVALID_OPTION',
    `${name} is ${bytes} bytes, and pool '${pool.name}' serves ${pool.maxBytes} at most. Lower it, or take a larger pool.`
  )
}
