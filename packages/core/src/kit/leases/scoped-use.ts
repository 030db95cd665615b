import type { BufferSource } from '../../interfaces/buffer-source.js'
import { isThenable } from '../checks.js'
import { PoolError } from '../errors.js'

/** The part of a pool that scoped use needs. */
export type Releasing<B extends Uint8Array> = Pick<BufferSource<B>, 'release'>

/** Runs `fn` on a buffer and releases it when `fn` has settled. The error of `fn` always comes before one of the release. */
export async function useBuffer<B extends Uint8Array, T>(pool: Releasing<B>, buffer: B, fn: (buffer: B) => T | PromiseLike<T>): Promise<T> {
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

/** Runs `fn` on a buffer and releases it when `fn` has returned. */
export function useBufferSync<B extends Uint8Array, T>(pool: Releasing<B>, buffer: B, fn: (buffer: B) => T): T {
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
    void useBuffer(pool, buffer, () => result).catch(() => {})
    throw new PoolError(
      'ERR_POOL_INVALID_OPTION',
      'fn must return its result; it returned a promise. Use the method of this name without Sync for work that waits.'
    )
  }
  pool.release(buffer)
  return result
}

function releaseQuietly<B extends Uint8Array>(pool: Releasing<B>, buffer: B): void {
  try {
    pool.release(buffer)
  } catch {
    // The caller's own error is on its way, and says more.
  }
}
