import { readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { PoolError } from '@pool/core'
import * as check from '@pool/core/kit'
import type { SecureBufferPool } from '../secure-buffer-pool.js'
import { consumeReadable } from './consume-readable.js'
import type { SecretLease } from './secret-bytes.js'

/** How a secret is read. */
export interface ReadSecretOptions {
  /** The longest secret, in bytes; one more is an error. 1..pool.maxBytes. Default 4096, or `pool.maxBytes` where that is less. */
  readonly maxBytes?: number
  /** Whether one line's end, `\n` or `\r\n`, is left out where it stands at the end, as in files written by hand. Default false. */
  readonly stripNewline?: boolean
  /** Streams: whether each chunk is zeroed once it is copied. False where others read the same chunks. Default true. */
  readonly wipeChunks?: boolean
  /**
   * Streams: whether the source is destroyed when the call rejects. False where it must outlive the error, as a request that is still to be
   * answered: the rest of the source is then read, zeroed and dropped. Default true.
   */
  readonly destroyOnError?: boolean
}

/**
 * Reads a stream to its end into a lease, and wipes each chunk that Node made on the way. The buffers of the kernel, of TLS and of sockets
 * are beyond reach. So is the memory that Node's file streams read into: for a file or standard input take {@link readSecretSync}, which
 * has the bytes in no other memory.
 * @param source - a Readable, a request, a web stream, any iterable of bytes. An async iterator of a Readable joins chunks that came
 * before it was read, and leaves those: give the Readable itself.
 * @returns a lease of exactly the bytes that came
 * @throws (rejects) `ERR_POOL_TOO_LARGE` above `maxBytes`; `ERR_POOL_SECURE_EMPTY` when nothing came; `ERR_POOL_INVALID_OPTION`, for a
 * chunk that is a string too; as `pool.lease`; any error of the stream. Everything read so far is wiped.
 */
export async function readSecret(
  pool: SecureBufferPool,
  source: Readable | AsyncIterable<Uint8Array>,
  options: ReadSecretOptions = {}
): Promise<SecretLease> {
  const { maxBytes, stripNewline, wipeChunks, destroyOnError } = settingsOf(pool, options, [
    ...['maxBytes', 'stripNewline', 'wipeChunks', 'destroyOnError']
  ])
  if (!check.can(source, Symbol.asyncIterator)) throw check.invalid('source', 'a stream', source)
  const lease = pool.lease(maxBytes)
  let length = 0
  const take = (chunk: unknown) => {
    if (!(chunk instanceof Uint8Array)) throw check.invalid('each chunk', 'bytes: set no encoding on the stream', chunk)
    try {
      if (length + chunk.length > maxBytes) throw tooLong(maxBytes)
      lease.buffer.set(chunk, length)
      length += chunk.length
    } finally {
      if (wipeChunks) chunk.fill(0)
    }
  }
  try {
    if (check.can(source, 'read') && check.can(source, 'on')) {
      await consumeReadable(source as Readable, take, { wipesRest: wipeChunks, destroyOnError })
    } else {
      for await (const chunk of source) take(chunk)
    }
    return exactly(pool, lease, length, stripNewline)
  } catch (error) {
    if (!lease.released) lease.release()
    throw error
  }
}

/**
 * Reads a file descriptor to its end into a lease: a file, a pipe, standard input. No other memory of this process ever holds the bytes.
 * Blocks until the end, also where the descriptor itself does not block and its writer is slow; so do it at the start.
 * @param descriptor - open for reading; it stays open
 * @returns a lease of exactly the bytes that were read
 * @throws as {@link readSecret}; any error of `fs.readSync`
 */
export function readSecretSync(
  pool: SecureBufferPool,
  descriptor: number,
  options: Omit<ReadSecretOptions, 'wipeChunks' | 'destroyOnError'> = {}
): SecretLease {
  const { maxBytes, stripNewline } = settingsOf(pool, options, ['maxBytes', 'stripNewline'])
  check.validInteger('descriptor', descriptor, 0, 2 ** 31 - 1)
  const lease = pool.lease(maxBytes)
  try {
    let length = 0
    for (let read = 1; read > 0 && length < maxBytes; length += read) read = readWhenReady(descriptor, lease.buffer.subarray(length))
    if (length === maxBytes && pool.withSecretSync(1, (more) => readWhenReady(descriptor, more)) > 0) throw tooLong(maxBytes)
    return exactly(pool, lease, length, stripNewline)
  } catch (error) {
    if (!lease.released) lease.release()
    throw error
  }
}

const longestPauseMs = 50

/** Reads the available bytes, and waits while there are none yet; returns 0 at the end. */
function readWhenReady(descriptor: number, target: Uint8Array): number {
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return readSync(descriptor, target)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      // Windows throws this at the end of a pipe.
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN' && code !== 'EWOULDBLOCK') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
    }
  }
}

function settingsOf(pool: SecureBufferPool, options: ReadSecretOptions, known: readonly string[]): Required<ReadSecretOptions> {
  check.validOptions('options', options, known)
  const { maxBytes = Math.min(4096, pool.maxBytes), stripNewline = false, wipeChunks = true, destroyOnError = true } = options
  return {
    maxBytes: check.validInteger('maxBytes', maxBytes, 1, pool.maxBytes),
    stripNewline: check.validBoolean('stripNewline', stripNewline),
    wipeChunks: check.validBoolean('wipeChunks', wipeChunks),
    destroyOnError: check.validBoolean('destroyOnError', destroyOnError)
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
