import type { BufferSource, Lease } from '@pool/core'
import { invalid, type NonSharedBuffer, plainLease, validBound, validOptions, validSource } from '@pool/core/kit'

/** Where serialized bytes go. */
export interface SerializeOptions {
  /** Where memory above the threshold comes from. */
  readonly pool: BufferSource<NonSharedBuffer>
  /** Bytes up to which memory is not pooled; `Infinity`: none ever is. Default 1024. */
  readonly thresholdBytes?: number
}

/**
 * The bytes of `JSON.stringify(value)` as UTF-8, in leased memory of exactly their length.
 * @param value - any value that `JSON.stringify` takes
 * @returns a lease, to be released whether it is pooled or not; `undefined` where `JSON.stringify` gives that: for `undefined`,
 * functions and symbols
 * @throws any error of `JSON.stringify`: `TypeError` for cycles and BigInts, and the errors of `toJSON`; `ERR_POOL_EXHAUSTED`,
 * `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED` of the pool; `ERR_POOL_INVALID_OPTION`. The pool is then as before.
 */
export function serializeJson(value: unknown, options: SerializeOptions): Lease<NonSharedBuffer> | undefined {
  const threshold = thresholdOf(options)
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return undefined
  const bytes = Buffer.byteLength(text)
  if (bytes <= threshold) return plainLease(Buffer.from(text))
  const lease = options.pool.lease(bytes)
  lease.buffer.write(text)
  return lease
}

/**
 * A copy of `bytes` in leased memory of exactly their length.
 * @param bytes - yours again when the call returns
 * @returns a lease, to be released whether it is pooled or not
 * @throws `ERR_POOL_EXHAUSTED`, `ERR_POOL_TOO_LARGE`, `ERR_POOL_CLOSED` of the pool; `ERR_POOL_INVALID_OPTION`
 */
export function serializeBytes(bytes: Uint8Array, options: SerializeOptions): Lease<NonSharedBuffer> {
  if (!(bytes instanceof Uint8Array)) throw invalid('bytes', 'a Uint8Array', bytes)
  if (bytes.length <= thresholdOf(options)) return plainLease(Buffer.from(bytes))
  const lease = options.pool.lease(bytes.length)
  lease.buffer.set(bytes)
  return lease
}

function thresholdOf(options: SerializeOptions): number {
  validOptions('options', options, ['pool', 'thresholdBytes'])
  validSource('pool', options.pool)
  const { thresholdBytes = 1024 } = options
  return validBound('thresholdBytes', thresholdBytes, 0, Number.MAX_SAFE_INTEGER)
}
