import * as crypto from 'node:crypto'
import { bytesOf, type SecretBytes } from './secret-bytes.js'

/**
 * Whether two secrets are equal, in a time that tells nothing of where they differ. Of different lengths they are not, and that is told
 * at once: the length of a secret is no secret.
 * @throws `ERR_POOL_LEASE_RELEASED`; `ERR_POOL_INVALID_OPTION` for what is neither a lease nor bytes
 */
export function timingSafeEqual(a: SecretBytes, b: SecretBytes): boolean {
  const [first, second] = [bytesOf('a', a), bytesOf('b', b)]
  return first.length === second.length && crypto.timingSafeEqual(first, second)
}
