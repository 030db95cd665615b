import { invalid } from '@pool/core/validate'
import { SecretLease } from './secret-lease.js'

/** A lease, or the bytes themselves. */
export type SecretBytes = SecretLease | Uint8Array

/** The bytes of what may be a lease. @throws `ERR_POOL_LEASE_RELEASED`, `ERR_POOL_INVALID_OPTION` */
export function bytesOf(name: string, value: SecretBytes): Uint8Array {
  if (value instanceof SecretLease) return value.buffer
  if (value instanceof Uint8Array) return value
  throw invalid(name, 'a lease, a Buffer or a Uint8Array', value)
}
