import type { BufferSource } from '../../interfaces/buffer-source.js'
import { validSource } from '../checks.js'
import type { NonSharedBuffer } from '../memory/non-shared-buffer.js'

/**
 * For functions whose pool is optional. The returned function gives the pool that was passed, or else one that all callers of the process
 * share. `make` makes the shared pool when it is first needed, and makes another after it was destroyed.
 * @returns a function that throws `ERR_POOL_INVALID_OPTION` when its argument is not a pool
 */
export function givenOrShared(
  make: () => BufferSource<NonSharedBuffer> & { readonly closed: boolean }
): (pool: BufferSource<NonSharedBuffer> | undefined) => BufferSource<NonSharedBuffer> {
  let shared: ReturnType<typeof make> | undefined
  return (pool) => {
    if (pool !== undefined) return validSource('pool', pool)
    if (shared === undefined || shared.closed) shared = make()
    return shared
  }
}
