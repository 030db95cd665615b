import type { FileHandle } from 'node:fs/promises'
import { type BufferSource, type Lease, PoolError } from '@pool/core'
import { type NonSharedBuffer, optionalSignal, partOfLease, plainLease, validBound, validOptions } from '@pool/core/kit'
import { filePool } from '../leases/default-pools.js'
import { untilAborted } from '../leases/until-aborted.js'
import { checkSource, type FileSource, openSource } from './file-source.js'

/** How a whole file is read. */
export interface ReadFilePooledOptions {
  /** Where memory comes from. Default: one pool of the package, `stream-files`. */
  readonly pool?: BufferSource<NonSharedBuffer>
  /** The most bytes that the file may have; above, nothing is kept. Default `Infinity`: as many as the pool can serve. */
  readonly maxBytes?: number
  /** Calls the reading off. */
  readonly signal?: AbortSignal
}

interface Settings {
  readonly pool: BufferSource<NonSharedBuffer>
  readonly maxBytes: number
  readonly signal: AbortSignal | undefined
}

/** Bytes of one read, after which an abort is looked for. */
const pieceBytes = 4 * 1024 * 1024
/** First guess at the length of a file that reports none: a pipe, a device, a file of /proc. */
const unknownBytes = 64 * 1024

/**
 * Reads a whole file into leased memory of exactly its bytes. It reads the same bytes as `fs.readFile`: a file that grows meanwhile up
 * to the size that it had, one that shrinks as far as it goes, and one without a size to its end.
 *
 * Waits for the pool where it is exhausted. A file without a size is read into leases that double, and copied once at its end. While the
 * reader holds some of these it does not wait for more, since two readers would wait for each other.
 *
 * @param path - opened and closed; or a `FileHandle`, which is read from its position, and stays open
 * @returns a lease, to be released by the caller; of an empty file too
 * @throws (rejects) any error of `fs`; `ERR_POOL_FILE_TOO_LARGE` above `maxBytes`; `ERR_POOL_TOO_LARGE`, `ERR_POOL_EXHAUSTED`,
 * `ERR_POOL_ACQUIRE_TIMEOUT`, `ERR_POOL_CLOSED` of the pool; `ERR_POOL_INVALID_OPTION`. The signal's reason, at once; a read under way
 * then keeps its memory and its file until it has ended.
 */
export async function readFilePooled(path: FileSource, options: ReadFilePooledOptions = {}): Promise<Lease<NonSharedBuffer>> {
  validOptions('options', options, ['pool', 'maxBytes', 'signal'])
  checkSource(path)
  const { maxBytes = Number.POSITIVE_INFINITY } = options
  validBound('maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER)
  const signal = optionalSignal(options.signal)
  const pool = filePool(options.pool)
  signal?.throwIfAborted()
  return untilAborted(
    signal,
    () => readSource(path, { pool, maxBytes, signal }),
    (lease) => lease.release()
  )
}

async function readSource(path: FileSource, settings: Settings): Promise<Lease<NonSharedBuffer>> {
  const file = await openSource(path)
  let lease: Lease<NonSharedBuffer> | undefined
  try {
    settings.signal?.throwIfAborted()
    const stats = await file.handle.stat()
    settings.signal?.throwIfAborted()
    const size = stats.isFile() ? stats.size : 0
    if (size > settings.maxBytes) throw tooLarge(size, settings.maxBytes)
    lease = size > 0 ? await readKnown(file.handle, size, settings) : await readUnknown(file.handle, settings)
  } catch (error) {
    await file.close()
    throw error
  }
  try {
    await file.close()
  } catch (error) {
    lease.release()
    throw error
  }
  return lease
}

async function readKnown(handle: FileHandle, size: number, { pool, signal }: Settings): Promise<Lease<NonSharedBuffer>> {
  const lease = await waitFor(pool, size, signal)
  try {
    const filled = await fill(handle, lease.buffer, signal)
    if (filled > 0) return partOfLease(lease, 0, filled)
  } catch (error) {
    lease.release()
    throw error
  }
  lease.release()
  return plainLease(Buffer.alloc(0))
}

/** A lease of a pool that may be exhausted. */
function waitFor(pool: BufferSource<NonSharedBuffer>, bytes: number, signal: AbortSignal | undefined): Promise<Lease<NonSharedBuffer>> {
  return pool.leaseAsync(bytes, signal === undefined ? {} : { signal })
}

async function readUnknown(handle: FileHandle, { pool, maxBytes, signal }: Settings): Promise<Lease<NonSharedBuffer>> {
  const segments: Lease<NonSharedBuffer>[] = []
  try {
    let total = 0
    for (let bytes = Math.min(unknownBytes, pool.maxBytes); ; bytes = Math.min(total, pool.maxBytes)) {
      const segment = segments.length === 0 ? await waitFor(pool, bytes, signal) : pool.lease(bytes)
      segments.push(segment)
      const filled = await fill(handle, segment.buffer, signal, maxBytes - total)
      total += filled
      if (total > maxBytes) throw tooLarge(total, maxBytes)
      if (filled < bytes) return gather(segments.splice(0), total, pool)
    }
  } finally {
    for (const segment of segments) segment.release()
  }
}

/** One lease of all that was read; takes the segments over. */
function gather(segments: Lease<NonSharedBuffer>[], total: number, pool: BufferSource<NonSharedBuffer>): Lease<NonSharedBuffer> {
  const [first] = segments
  if (first !== undefined && segments.length === 1 && total > 0) return partOfLease(first, 0, total)
  try {
    if (total === 0) return plainLease(Buffer.alloc(0))
    const whole = pool.lease(total)
    let offset = 0
    for (const { buffer } of segments) {
      const used = Math.min(buffer.length, total - offset)
      whole.buffer.set(buffer.subarray(0, used), offset)
      offset += used
    }
    return whole
  } finally {
    for (const segment of segments) segment.release()
  }
}

/** Reads until `buffer` is full, the file ends, or more than `limit` bytes were read; returns how many. No read is under way after. */
async function fill(
  handle: FileHandle,
  buffer: Buffer,
  signal: AbortSignal | undefined,
  limit = Number.POSITIVE_INFINITY
): Promise<number> {
  let filled = 0
  while (filled < buffer.length && filled <= limit) {
    const { bytesRead } = await handle.read(buffer, filled, Math.min(buffer.length - filled, pieceBytes), null)
    signal?.throwIfAborted()
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

function tooLarge(bytes: number, maxBytes: number): PoolError {
  return new PoolError(
    'ERR_POOL_FILE_TOO_LARGE',
    `The file has ${bytes} bytes or more, and maxBytes is ${maxBytes}. Raise maxBytes, or read it in chunks.`
  )
}
