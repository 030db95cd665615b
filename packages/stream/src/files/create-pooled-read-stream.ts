import { createReadStream, type PathLike } from 'node:fs'
import { LendingReadStream } from './lending-read-stream.js'
import { PooledReadStream } from './pooled-read-stream.js'
import type { PooledReadStreamOptions } from './pooled-read-stream-options.js'

/**
 * `fs.createReadStream` with pooled memory. Put in its place it is safe: a chunk is its reader's for ever, unless `chunks` says
 * otherwise; see {@link PooledReadStream} for when memory is pooled.
 * @param path - as of `fs.createReadStream`; ignored where `fd` is given
 * @param options - those of `fs.createReadStream` and {@link PooledReadStreamOptions.pool} and
 * {@link PooledReadStreamOptions.chunks}, or an encoding
 * @throws any error of `fs.createReadStream`; `ERR_POOL_INVALID_OPTION`
 */
export function createPooledReadStream(path: PathLike, options?: BufferEncoding | PooledReadStreamOptions | null): PooledReadStream {
  if (typeof options === 'string') return new PooledReadStream(path, { encoding: options })
  // A value that can't be options gets the error that `fs` has for it.
  if (typeof options !== 'object' && typeof options !== 'function' && options !== undefined) createReadStream(path, options)
  const settings = options ?? {}
  return settings.chunks === 'release' ? new LendingReadStream(path, settings) : new PooledReadStream(path, settings)
}
