/**
 * Memory for secrets: wiped on every way out, locked and guarded where the machine can.
 * @module
 */
export type { SecureCapabilities } from './backing/backing.js'
export { takeEnvironmentSecret } from './secrets/environment-secret.js'
export { type ReadSecretOptions, readSecret, readSecretSync } from './secrets/read-secret.js'
export { type SecretBytes, type SecretLease, timingSafeEqual } from './secrets/secret-bytes.js'
export { decodeSecret, encodeSecret, type SecretEncoding } from './secrets/secret-encoding.js'
export { SecureBufferPool } from './secure-buffer-pool.js'
export type { SecureBufferPoolOptions } from './secure-pool-options.js'
