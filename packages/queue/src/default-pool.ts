import { SizeClassPool } from '@pool/core'
import { givenOrShared } from '@pool/core/kit'

/**
 * The pool that a client or queue was given, or the one that all others of the process share, within a quarter of the memory that the
 * process may use. It does not clear: no lease shows more than the message in it.
 */
export const queuePool = givenOrShared(
  () => new SizeClassPool({ name: 'queue', maxClassBytes: 16 * 1024 * 1024, maxSize: 1_000_000, clear: 'never' })
)
