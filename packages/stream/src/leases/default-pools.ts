import { SizeClassPool } from '@pool/core'
import { givenOrShared } from '@pool/core/kit'

/** Buffers of each size: the pool is bounded by its bytes, not by how many streams have an unfinished message. */
const mostBuffers = 1_000_000

/**
 * The pool that was given, or the one that all file functions of the process share: 4 KiB to 4 MiB by powers of two, bounded as every
 * pool is. It does not clear: a lease is cut to the bytes that were read into it.
 */
export const filePool = givenOrShared(
  () => new SizeClassPool({ name: 'stream-files', minClassBytes: 4096, maxClassBytes: 4 * 1024 * 1024, clear: 'never' })
)

/**
 * The pool that was given, or the one that all framing streams of the process share: bounded by a quarter of the memory that the process
 * may use. It does not clear: each message fills its memory before it is handed out.
 */
export const messagePool = givenOrShared(
  () => new SizeClassPool({ name: 'messages', maxClassBytes: 16 * 1024 * 1024, maxSize: mostBuffers, clear: 'never' })
)
