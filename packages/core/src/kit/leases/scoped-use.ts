import type { BufferSource } from '../../interfaces/buffer-source.js'
import { isThenable, validFunction } from '../checks.js'
import { PoolError } from '../errors.js'

/** The part of a pool that scoped use needs. */
export type Acquiring<B extends Uint8Array> = Pick<BufferSource<B>, 'acquire' | 'release'>

/**
 * Runs `fn` on a buffer of at least `bytes` and releases it when the result of `fn` has settled. The error of `fn` always comes before one of
 * the release.
 * @throws (rejects) as the pool's `acquire` and `release`, or the error that `fn` throws; `ERR_POOL_INVALID_OPTION` when `fn` is no function
 */
export async function useBuffer<B extends Uint8Array, T>(
  pool: Acquiring<B>,
  bytes: number,
  fn: (buffer: B) => T | PromiseLike<T>
): Promise<T> {
  validFunction('fn', fn)
  return settled(pool, pool.acquire(bytes), fn)
}

async function settled<B extends Uint8Array, T>(pool: Acquiring<B>, buffer: B, fn: (buffer: B) => T | PromiseLike<T>): Promise<T> {
  let result: T
  try {
    result = await fn(buffer)
  } catch (error) {
    releaseQuietly(pool, buffer)
    throw error
  }
  pool.release(buffer)
  return result
}

/**
 * Runs `fn` on a buffer of at least `bytes` and releases it when `fn` has returned.
 * @throws as the pool's `acquire` and `release`, or the error that `fn` throws; `ERR_POOL_INVALID_OPTION` when `fn` is no function or returns
 * a promise
 */
export function useBufferSync<B extends Uint8Array, T>(pool: Acquiring<B>, bytes: number, fn: (buffer: B) => T): T {
  validFunction('fn', fn)
  const buffer = pool.acquire(bytes)
  let result: T
  let goesOn: boolean
  try {
    result = fn(buffer)
    goesOn = isThenable(result)
  } catch (error) {
    releaseQuietly(pool, buffer)
    throw error
  }
  if (goesOn) {
    // The work goes on and may still touch the buffer, so it must not come back before that has ended.
    void settled(pool, buffer, () => result).catch(() => {})
    throw new PoolError(
      'ERR_POOL_INVALID_OPTION',
      'fn must return its result; it returned a promise. Use the method of this name without Sync for work that waits.'
    )
  }
  pool.release(buffer)
  return result
}

function releaseQuietly<B extends Uint8Array>(pool: Acquiring<B>, buffer: B): void {
  try {
    pool.release(buffer)
  } catch {
    // The caller's own error is on its way, and says more.
  }
}
