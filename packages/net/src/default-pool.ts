import { type BufferSource, SizeClassPool } from '@pool/core'

/** Of each size: bytes are what bounds the pool, not how many connections stand in the midst of a message. */
const mostBuffers = 1_000_000

let shared: SizeClassPool | undefined

/**
 * The pool of connections that were given none: one for the whole process, made on first use, within a quarter of the memory that the
 * process may use. It does not clear: no lease shows more than what arrived in it.
 */
export function defaultPool(): BufferSource<Buffer> {
  if (shared === undefined || shared.closed) {
    shared = new SizeClassPool({ name: 'net', maxClassBytes: 16 * 1024 * 1024, maxSize: mostBuffers, clear: 'never' })
  }
  return shared
}
