import { SizeClassPool } from '@pool/core'

let pool: SizeClassPool | undefined

/**
 * The pool of file functions that were given none: 4 KiB to 4 MiB by powers of two, bounded as every pool is, made when it is first
 * needed. It does not clear: nobody sees more of a lease than was read into it.
 */
export function defaultPool(): SizeClassPool {
  if (pool === undefined || pool.closed) {
    pool = new SizeClassPool({ name: 'stream-files', minClassBytes: 4096, maxClassBytes: 4 * 1024 * 1024, clear: 'never' })
  }
  return pool
}
