import type { BufferSource, Lease } from '@pool/core'
import { invalid, type NonSharedBuffer, optionalSignal, validBound, validInteger, validOptions } from '@pool/core/kit'
import { filePool } from '../leases/default-pools.js'
import { FileChunkReader } from './file-chunk-reader.js'
import { checkSource, type FileSource } from './file-source.js'

/** How a file is read in chunks. */
export interface PooledFileChunksOptions {
  /** Where memory comes from. Default: one pool of the package, `stream-files`. */
  readonly pool?: BufferSource<NonSharedBuffer>
  /** The most bytes of a chunk, 1..pool.maxBytes. Default 65 536. */
  readonly chunkBytes?: number
  /** Offset of the first byte. Default: where the file stands, which is its beginning where a path was given. */
  readonly start?: number
  /** Offset of the last byte, inclusive as in `fs`; without `start` counted from where the file stands. Default `Infinity`. */
  readonly end?: number
  /** Chunks that are read before they are asked for, of an ordinary file several at a time; 0: none. Default 2. */
  readonly readAhead?: number
  /** Calls the reading off. */
  readonly signal?: AbortSignal
}

/** The chunks of a file, for one consumer. Nothing is opened before the first is asked for. */
export interface PooledFileChunks extends AsyncIterableIterator<Lease<NonSharedBuffer>>, AsyncDisposable {
  /** Fulfils when no read is under way any more, the file is closed, and all that was not handed out is back. Never rejects. */
  readonly closed: Promise<void>
  /** The next chunk. Rejects with an error of `fs` or the pool, or the signal's reason, once; then there are no more. */
  next(): Promise<IteratorResult<Lease<NonSharedBuffer>, undefined>>
  /**
   * Ends the reading; `break`, `return` and `throw` in a `for await` call it. Waits until the file is closed, but not for a read of a
   * pipe, a terminal or another source that may never give bytes: `closed` does.
   */
  return(): Promise<IteratorResult<Lease<NonSharedBuffer>, undefined>>
}

/**
 * Reads a file, or a range of it, as leases of pooled memory. Each chunk belongs to the caller that asked for it, which releases it.
 *
 * ```
 *   pool ──lease──► read ──► ready, up to readAhead ──► next(): the consumer's ──release──► pool
 *      ▲ exhausted: waits          │
 *      └───────────────────────────┘ break, abort, error: chunks not handed out; the one being read once the read has ended
 * ```
 *
 * At most `readAhead` chunks lie ready or are being read, beside the one that is asked for and those that the consumer holds. Where the
 * pool has no memory left it reads less far ahead; with none at all it waits for a release.
 * @param path - opened and closed; or a `FileHandle`, which stays open
 * @throws `ERR_POOL_INVALID_OPTION`, naming the option, before anything is opened
 * @example
 * ```ts
 * for await (const lease of pooledFileChunks('video.mp4', { chunkBytes: 1024 * 1024 })) await writeLeased(response, lease)
 * ```
 */
export function pooledFileChunks(path: FileSource, options: PooledFileChunksOptions = {}): PooledFileChunks {
  validOptions('options', options, ['pool', 'chunkBytes', 'start', 'end', 'readAhead', 'signal'])
  checkSource(path)
  const { chunkBytes = 65_536, start, end = Number.POSITIVE_INFINITY, readAhead = 2 } = options
  if (start !== undefined) validInteger('start', start, 0, Number.MAX_SAFE_INTEGER)
  validBound('end', end, 0, Number.MAX_SAFE_INTEGER)
  if (start !== undefined && start > end) throw invalid('start', `at most end, ${end},`, start)
  validInteger('readAhead', readAhead, 0, 1024)
  const signal = optionalSignal(options.signal)
  const pool = filePool(options.pool)
  validInteger('chunkBytes', chunkBytes, 1, Math.min(pool.maxBytes, 2 ** 30))
  return new FileChunkReader(path, { pool, chunkBytes, start, end, readAhead, signal })
}
