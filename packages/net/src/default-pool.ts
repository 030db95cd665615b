import { SizeClassPool } from '@pool/core'
import { givenOrShared } from '@pool/core/kit'

/** Of each size: bytes are what bounds the pool, not how many connections stand in the midst of a message. */
const mostBuffers = 1_000_000

/**
 * The pool that connections were given, or the one that all others of the process share, within a quarter of the memory that the process may
 * use. It does not clear: no lease shows more than what arrived in it.
 */
export const connectionPool = givenOrShared(
  () => new SizeClassPool({ name: 'net', maxClassBytes: 16 * 1024 * 1024, maxSize: mostBuffers, clear: 'never' })
)
