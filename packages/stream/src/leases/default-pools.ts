import { type BufferSource, SizeClassPool } from '@pool/core'
import { validSource } from '@pool/core/kit'

/** Buffers of each size: the pool is bounded by its bytes, not by how many streams have an unfinished message. */
const mostBuffers = 1_000_000

let files: SizeClassPool | undefined
let messages: SizeClassPool | undefined

/**
 * The pool that was given, or the one that all file functions of the process share: 4 KiB to 4 MiB by powers of two, bounded as every
 * pool is, made when it is first needed. It does not clear: a lease is cut to the bytes that were read into it.
 * @throws `ERR_POOL_INVALID_OPTION` when `pool` is not a pool
 */
export function filePool(pool: BufferSource<Buffer> | undefined): BufferSource<Buffer> {
  if (pool !== undefined) return validSource('pool', pool)
  if (files === undefined || files.closed) {
    files = new SizeClassPool({ name: 'stream-files', minClassBytes: 4096, maxClassBytes: 4 * 1024 * 1024, clear: 'never' })
  }
  return files
}

/**
 * The pool that was given, or the one that all framing streams of the process share: bounded by a quarter of the memory that the process
 * may use, made when it is first needed. It does not clear: each message fills its memory before it is handed out.
 * @throws `ERR_POOL_INVALID_OPTION` when `pool` is not a pool
 */
export function messagePool(pool: BufferSource<Buffer> | undefined): BufferSource<Buffer> {
  if (pool !== undefined) return validSource('pool', pool)
  if (messages === undefined || messages.closed) {
    messages = new SizeClassPool({ name: 'messages', maxClassBytes: 16 * 1024 * 1024, maxSize: mostBuffers, clear: 'never' })
  }
  return messages
}
