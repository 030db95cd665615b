import type { ServerResponse } from 'node:http'
import type { BufferSource, NonSharedBuffer } from '@pool/core'
import { pooledFileChunks, writeLeased } from '@pool/stream'
import { FILE_CHUNK_BYTES } from '../pools.js'
import type { FilePart } from './file-request.js'
import type { ServedFile } from './files-folder.js'

/** How long a download waits for memory, in ms. */
export interface DownloadWaits {
  /** For its first chunk, when it can still be refused; 0: not at all. */
  readonly firstMs: number
  /** For each later one, above 0. */
  readonly laterMs: number
}

/** One chunk is read while another is sent. */
const READ_AHEAD = 1

/**
 * Sends a part of a file, chunk by chunk as the client takes it, and ends the response. The first chunk is there before the headers go.
 *
 * ```
 *   file ──read──► one ahead ──► asked for ──write──► response: as much as the client has not taken
 *                  └────────────── 128 KiB each, all of the pool ─────────────┘
 * ```
 * @param pool - as {@link downloadMemory} gives it
 * @param signal - ends it: the client is gone
 * @throws (rejects) when the file ends early or can't be read, the pool has no memory in time, or the client is gone. Then no read is
 * under way, and only the response's memory is out
 */
export async function sendFilePart(
  response: ServerResponse,
  { handle }: ServedFile,
  { start, end }: FilePart,
  pool: BufferSource<NonSharedBuffer>,
  signal: AbortSignal
): Promise<void> {
  if (start < end) {
    const chunkBytes = Math.min(FILE_CHUNK_BYTES, pool.maxBytes)
    const chunks = pooledFileChunks(handle, { pool, chunkBytes, start, end: end - 1, readAhead: READ_AHEAD, signal })
    let left = end - start
    try {
      for await (const chunk of chunks) {
        left -= chunk.buffer.length
        await writeLeased(response, chunk)
      }
    } finally {
      await chunks.closed
    }
    if (left > 0) throw new Error(`a file became ${left} bytes shorter while it was sent`)
  }
  response.end()
}

/**
 * The pool of files as one download sees it: a download that has not begun is refused soon, one that has begun waits for slower clients.
 */
export function downloadMemory(pool: BufferSource<NonSharedBuffer>, { firstMs, laterMs }: DownloadWaits): BufferSource<NonSharedBuffer> {
  let timeoutMs = firstMs
  const began = <T>(memory: T): T => {
    timeoutMs = laterMs
    return memory
  }
  return {
    name: pool.name,
    maxBytes: pool.maxBytes,
    lease: (bytes) => began(pool.lease(bytes)),
    leaseAsync: async (bytes, options) =>
      began(await (timeoutMs === 0 ? pool.lease(bytes) : pool.leaseAsync(bytes, { ...options, timeoutMs }))),
    acquire: (bytes) => began(pool.acquire(bytes)),
    acquireAsync: async (bytes, options) =>
      began(await (timeoutMs === 0 ? pool.acquire(bytes) : pool.acquireAsync(bytes, { ...options, timeoutMs }))),
    release: (buffer) => pool.release(buffer)
  }
}
