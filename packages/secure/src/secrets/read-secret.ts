import { readSync } from 'node:fs'
import { PoolError } from '@pool/core'
import * as check from '@pool/core/validate'
import type { SecureBufferPool } from '../secure-buffer-pool.js'
import type { SecretLease } from './secret-lease.js'

/** How a secret is read. */
export interface ReadSecretOptions {
  /** The longest secret, in bytes; one more is an error. 1..pool.maxBytes. Default 4096, or `pool.maxBytes` where that is less. */
  readonly maxBytes?: number
  /** Whether one line's end, `\n` or `\r\n`, is left out where it stands at the end, as in files written by hand. Default false. */
  readonly stripNewline?: boolean
  /** Streams: whether each chunk is zeroed once it is copied. False where somebody else reads the same chunks. Default true. */
  readonly wipeChunks?: boolean
}

/**
 * Reads a stream to its end into a lease, and wipes each chunk. What lies in the kernel, in TLS, and in a socket's own buffers is
 * beyond reach.
 * @param source - a Readable, a request, anything that gives bytes; it is destroyed when this throws
 * @returns a lease of exactly what came
 * @throws (rejects) `ERR_POOL_TOO_LARGE` above `maxBytes`; `ERR_POOL_SECURE_EMPTY` when nothing came; `ERR_POOL_INVALID_OPTION`, for a
 * chunk that is a string too; as `pool.lease`; what the stream throws. Everything read so far is wiped.
 */
export async function readSecret(
  pool: SecureBufferPool,
  source: AsyncIterable<Uint8Array>,
  options: ReadSecretOptions = {}
): Promise<SecretLease> {
  const { maxBytes, stripNewline, wipeChunks } = settingsOf(pool, options, ['maxBytes', 'stripNewline', 'wipeChunks'])
  if (typeof source !== 'object' || source === null || !(Symbol.asyncIterator in source)) throw check.invalid('source', 'a stream', source)
  const lease = pool.lease(maxBytes)
  let length = 0
  try {
    for await (const chunk of source) {
      if (!(chunk instanceof Uint8Array)) throw check.invalid('each chunk', 'bytes: set no encoding on the stream', chunk)
      try {
        if (length + chunk.length > maxBytes) throw tooLong(maxBytes)
        lease.buffer.set(chunk, length)
        length += chunk.length
      } finally {
        if (wipeChunks) chunk.fill(0)
      }
    }
    return exactly(pool, lease, length, stripNewline)
  } catch (error) {
    if (!lease.released) lease.release()
    throw error
  }
}

/**
 * Reads a file descriptor to its end into a lease: a file, a pipe, standard input. Nothing else of this process ever holds the bytes.
 * Blocks, so do it at the start.
 * @param descriptor - open for reading; it stays open
 * @returns a lease of exactly what was read
 * @throws as {@link readSecret}; what `fs.readSync` throws
 */
export function readSecretSync(
  pool: SecureBufferPool,
  descriptor: number,
  options: Omit<ReadSecretOptions, 'wipeChunks'> = {}
): SecretLease {
  const { maxBytes, stripNewline } = settingsOf(pool, options, ['maxBytes', 'stripNewline'])
  check.validInteger('descriptor', descriptor, 0, 2 ** 31 - 1)
  const lease = pool.lease(maxBytes)
  try {
    let length = 0
    for (let read = 1; read > 0 && length < maxBytes; length += read) {
      read = readSync(descriptor, lease.buffer, length, maxBytes - length, null)
    }
    if (length === maxBytes && pool.withSecretSync(1, (more) => readSync(descriptor, more, 0, 1, null)) > 0) throw tooLong(maxBytes)
    return exactly(pool, lease, length, stripNewline)
  } catch (error) {
    if (!lease.released) lease.release()
    throw error
  }
}

function settingsOf(pool: SecureBufferPool, options: ReadSecretOptions, known: readonly string[]): Required<ReadSecretOptions> {
  check.validOptions('options', options, known)
  const { maxBytes = Math.min(4096, pool.maxBytes), stripNewline = false, wipeChunks = true } = options
  return {
    maxBytes: check.validInteger('maxBytes', maxBytes, 1, pool.maxBytes),
    stripNewline: check.validBoolean('stripNewline', stripNewline),
    wipeChunks: check.validBoolean('wipeChunks', wipeChunks)
  }
}

/** Moves the first `length` bytes into a lease of their own, unless they fill this one. */
function exactly(pool: SecureBufferPool, lease: SecretLease, length: number, stripNewline: boolean): SecretLease {
  const bytes = lease.buffer
  let end = length
  if (stripNewline && end > 0 && bytes[end - 1] === 10) end -= end > 1 && bytes[end - 2] === 13 ? 2 : 1
  if (end === 0) throw new PoolError('ERR_POOL_SECURE_EMPTY', 'nothing was read: the source has no secret. Look at what it should hold.')
  if (end === bytes.length) return lease
  const exact = pool.lease(end)
  bytes.copy(exact.buffer, 0, 0, end)
  lease.release()
  return exact
}

function tooLong(maxBytes: number): PoolError {
  return new PoolError('ERR_POOL_TOO_LARGE', `the source has more than ${maxBytes} bytes. Raise maxBytes, or look at what it should hold.`)
}
