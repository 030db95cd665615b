/**
 * Memory for secrets: wiped on every way out, locked and guarded where the machine can.
 * @module
 */
export type { SecureCapabilities } from './backing.js'
export { SecretLease } from './secret-lease.js'
export { SecureBufferPool } from './secure-buffer-pool.js'
export type { SecureBufferPoolOptions } from './secure-pool-options.js'
