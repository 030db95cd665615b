import * as crypto from 'node:crypto'
import type { Lease } from '@pool/core'
import { can, invalid, type NonSharedBuffer } from '@pool/core/kit'

/**
 * A lease of a secret's memory: exactly the bytes asked for, wiped when the last lease of it is released. Bind it with `using`, or
 * release it in a `finally`.
 */
export type SecretLease = Lease<NonSharedBuffer>

/** A lease, or the bytes themselves. */
export type SecretBytes = Lease<Uint8Array> | Uint8Array

/**
 * The bytes of `value`, or of its lease, which may be of another copy of the package.
 * @throws `ERR_POOL_LEASE_RELEASED`, `ERR_POOL_INVALID_OPTION`
 */
export function bytesOf(name: string, value: SecretBytes): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (can(value, 'release') && value.buffer instanceof Uint8Array) return value.buffer
  throw invalid(name, 'a lease, a Buffer or a Uint8Array', value)
}

/**
 * Whether two secrets are equal, in a time that does not reveal where they differ. For different lengths it returns false at once, since
 * the length of a secret is not secret.
 * @throws `ERR_POOL_LEASE_RELEASED`; `ERR_POOL_INVALID_OPTION` for a value that is neither a lease nor bytes
 */
export function timingSafeEqual(a: SecretBytes, b: SecretBytes): boolean {
  const [first, second] = [bytesOf('a', a), bytesOf('b', b)]
  return first.length === second.length && crypto.timingSafeEqual(first, second)
}
