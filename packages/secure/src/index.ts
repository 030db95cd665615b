/**
 * Memory for secrets: wiped on every way out, locked and guarded where the machine can.
 * @module
 */
export type { SecureCapabilities } from './backing.js'
export { takeEnvironmentSecret } from './environment-secret.js'
export { type ReadSecretOptions, readSecret, readSecretSync } from './read-secret.js'
export type { SecretBytes } from './secret-bytes.js'
export { decodeSecret, encodeSecret, type SecretEncoding } from './secret-encoding.js'
export { SecretLease } from './secret-lease.js'
export { SecureBufferPool } from './secure-buffer-pool.js'
export type { SecureBufferPoolOptions } from './secure-pool-options.js'
export { timingSafeEqual } from './timing-safe-equal.js'
