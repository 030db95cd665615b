import { chmod, type FileHandle, open, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Lease } from '@pool/core'
import { invalid, optionalSignal, validInteger, validOptions } from '@pool/core/validate'
import replaceFile, { type Options as ReplaceOptions } from 'write-file-atomic'

/** How a file is written. */
export interface WriteFileAtomicOptions {
  /** Permissions of the file. Default: those of the file that is replaced, or `0o666` less the umask. */
  readonly mode?: number
  /** Whether the bytes are on the disk before the file takes its name. Default true. */
  readonly fsync?: boolean
  /** Encoding of a string. Default `'utf8'`. */
  readonly encoding?: BufferEncoding
  /** Calls the writing off; the promise rejects with an AbortError, and the file is as before. */
  readonly signal?: AbortSignal
}

/**
 * Writes a file whole or not at all: into a file beside it, flushed, then renamed. Whoever opens `path` meanwhile finds the old
 * contents or the new, never a part. Writes of one process to one path take turns.
 *
 * A lease is held until the writing has settled, however early it is released, and withdrawn from its pool when it fails; it stays
 * the caller's to release. The folder is not flushed: after a loss of power the old contents may be back.
 *
 * @param path - a symbolic link is followed, and stays one
 * @param data - a string, bytes, or leased bytes; bytes must not change until the promise settles
 * @throws (rejects) what `fs` throws, with the file as before; an AbortError; `ERR_POOL_INVALID_OPTION`, `ERR_POOL_LEASE_RELEASED`
 */
export async function writeFileAtomic(
  path: string | URL,
  data: string | Uint8Array | Lease,
  options: WriteFileAtomicOptions = {}
): Promise<void> {
  validOptions('options', options, ['mode', 'fsync', 'encoding', 'signal'])
  const { mode, fsync = true, encoding = 'utf8' } = options
  const signal = optionalSignal(options.signal)
  if (mode !== undefined) validInteger('mode', mode, 0, 0o7777)
  if (typeof fsync !== 'boolean') throw invalid('fsync', 'true or false', fsync)
  if (!Buffer.isEncoding(encoding)) throw invalid('encoding', 'an encoding that Buffer knows', encoding)
  if (typeof path !== 'string' && !(path instanceof URL)) throw invalid('path', 'a string or a file URL', path)
  const target = typeof path === 'string' ? path : fileURLToPath(path)
  const lease = typeof data === 'object' && data !== null && 'hold' in data ? data : undefined
  const bytes = lease === undefined ? data : lease.buffer
  if (typeof bytes !== 'string' && !(bytes instanceof Uint8Array)) throw invalid('data', 'a string, a Uint8Array or a lease', data)
  signal?.throwIfAborted()

  // The library writes once and takes a short write for a whole one; so its file gets its bytes here, before it is renamed.
  const fill = async (file: string): Promise<void> => {
    const handle = await openForWriting(file)
    try {
      await handle.writeFile(bytes, { encoding, ...(signal && { signal }) })
    } finally {
      await handle.close()
    }
  }
  const replaceOptions: ReplaceOptions = { fsync, tmpfileCreated: fill, ...(mode !== undefined && { mode }) }
  const written = replaceFile(target, '', replaceOptions)
  await (lease === undefined ? written : lease.hold(written))
}

/** Opens a file of ours, also one that nobody may write to: a file that is replaced may be read-only, and the new one then is. */
async function openForWriting(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    const { mode } = await stat(file)
    await chmod(file, 0o600)
    try {
      return await open(file, 'r+')
    } finally {
      await chmod(file, mode)
    }
  }
}
