import type { ServerResponse } from 'node:http'
import type { BufferSource, NonSharedBuffer } from '@pool/core'
import { pooledFileChunks, writeLeased } from '@pool/stream'
import { FILE_CHUNK_BYTES } from '../pools.js'
import type { FilePart } from './file-request.js'
import type { ServedFile } from './files-folder.js'

/** One chunk is read while another is sent. */
const READ_AHEAD = 1

/**
 * Sends a part of a file, chunk by chunk as the client takes it, and ends the response. The first chunk is there before the headers go.
 *
 * ```
 *   file ──read──► one ahead ──► asked for ──write──► response: as much as the client has not taken
 *                  └────────────── 128 KiB each, all of the pool ─────────────┘
 * ```
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
    const chunks = pooledFileChunks(handle, {
      pool,
      chunkBytes: Math.min(FILE_CHUNK_BYTES, pool.maxBytes),
      start,
      end: end - 1,
      readAhead: READ_AHEAD,
      signal
    })
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
