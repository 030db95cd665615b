/** The kind of an error, in a form that a program can compare. A code never changes its meaning without a major version. */
export type PoolErrorCode =
  | 'ERR_POOL_ACQUIRE_TIMEOUT'
  | 'ERR_POOL_CLOSED'
  | 'ERR_POOL_DETACHED_BUFFER'
  | 'ERR_POOL_DOUBLE_RELEASE'
  | 'ERR_POOL_EXHAUSTED'
  | 'ERR_POOL_FOREIGN_BUFFER'
  | 'ERR_POOL_INVALID_OPTION'
  | 'ERR_POOL_LEASED_BUFFER'
  | 'ERR_POOL_LEASE_RELEASED'
  | 'ERR_POOL_LEAK'
  | 'ERR_POOL_NAME_TAKEN'
  | 'ERR_POOL_QUEUE_FULL'
  | 'ERR_POOL_TOO_LARGE'

const brand = Symbol.for('@pool/core.PoolError')

/**
 * Every error of the family. Tell it by {@link isPoolError} and its `code`, never by `instanceof`: an application may hold
 * an ESM and a CJS copy of this package, and each has a class of its own.
 */
export class PoolError extends Error {
  /** Stable; packages beside core add codes of their own under the same prefix. */
  readonly code: PoolErrorCode | (string & {})

  /**
   * @param code - stable, `ERR_POOL_…`
   * @param message - the figure, the limit and the remedy; never a byte of a buffer
   * @param options - a `cause`, as of `Error`
   */
  constructor(code: PoolErrorCode | (string & {}), message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

// Out here, since a class that names itself in its body gets another name in the build.
Object.defineProperty(PoolError.prototype, 'name', { value: 'PoolError', configurable: true, writable: true })
Object.defineProperty(PoolError.prototype, brand, { value: true })

/** Whether `error` is a {@link PoolError} of any copy of this package, and of that `code` when one is given. */
export function isPoolError(error: unknown, code?: PoolErrorCode | (string & {})): error is PoolError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false
  return code === undefined || ('code' in error && error.code === code)
}

const retryable = new Set<unknown>(['ERR_POOL_EXHAUSTED', 'ERR_POOL_ACQUIRE_TIMEOUT', 'ERR_POOL_QUEUE_FULL'])

/**
 * Whether an acquire failed because the pool is busy: `ERR_POOL_EXHAUSTED`, `ERR_POOL_ACQUIRE_TIMEOUT` or `ERR_POOL_QUEUE_FULL`. The same
 * acquire may succeed later; a server answers 503 with `retry-after`.
 */
export function isRetryable(error: unknown): boolean {
  return isPoolError(error) && retryable.has(error.code)
}
