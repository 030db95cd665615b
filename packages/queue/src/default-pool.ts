import { type BufferSource, SizeClassPool } from '@pool/core'

let shared: SizeClassPool | undefined

/**
 * The pool of clients and queues that were given none: one for the whole process, made on first use, within a quarter of the memory that the
 * process may use. It does not clear: no lease shows more than the message in it.
 */
export function defaultPool(): BufferSource<Buffer> {
  if (shared === undefined || shared.closed) {
    shared = new SizeClassPool({ name: 'queue', maxClassBytes: 16 * 1024 * 1024, maxSize: 1_000_000, clear: 'never' })
  }
  return shared
}
