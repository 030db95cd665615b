import { PoolError } from '@pool/core'
import { isThenable } from '@pool/core/validate'

/** Whoever takes a secret back. */
interface Releasing {
  release(secret: Buffer): void
}

/** Runs `fn` on a secret and releases it when `fn` has settled. The error of `fn` always comes before one of the release. */
export async function useSecret<T>(pool: Releasing, secret: Buffer, fn: (secret: Buffer) => T | PromiseLike<T>): Promise<T> {
  let result: T
  try {
    result = await fn(secret)
  } catch (error) {
    releaseQuietly(pool, secret)
    throw error
  }
  pool.release(secret)
  return result
}

/** Runs `fn` on a secret and releases it when `fn` has returned. */
export function useSecretSync<T>(pool: Releasing, secret: Buffer, fn: (secret: Buffer) => T): T {
  let result: T
  let goesOn: boolean
  try {
    result = fn(secret)
    goesOn = isThenable(result)
  } catch (error) {
    releaseQuietly(pool, secret)
    throw error
  }
  if (goesOn) {
    // The work goes on and may still touch the secret, so it must not be wiped before that has ended.
    void useSecret(pool, secret, () => result).catch(() => {})
    throw new PoolError(
      'ERR_POOL_INVALID_OPTION',
      'fn must return its result; it returned a promise. Use withSecret() for work that waits.'
    )
  }
  pool.release(secret)
  return result
}

function releaseQuietly(pool: Releasing, secret: Buffer): void {
  try {
    pool.release(secret)
  } catch {
    // The caller's own error is on its way, and says more; the secret is wiped in any case.
  }
}
