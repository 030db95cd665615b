import { SizeClassPool } from '@pool/core'
import { givenOrShared } from '@pool/core/kit'

/** The most buffers of each size. The pool is bounded by bytes instead, not by the number of connections with an unfinished message. */
const mostBuffers = 1_000_000

/**
 * The pool that connections were given, or the one that all others of the process share, within a quarter of the memory that the process may
 * use. It does not clear: no lease shows more than the bytes that arrived in it.
 */
export const connectionPool = givenOrShared(
  () => new SizeClassPool({ name: 'net', maxClassBytes: 16 * 1024 * 1024, maxSize: mostBuffers, clear: 'never' })
)
