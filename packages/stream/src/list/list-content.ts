import { type Lease, PoolError } from '@pool/core'
import { can, invalid, type NonSharedBuffer } from '@pool/core/kit'

/** The brand of the lists of any copy of this package, ESM and CJS alike. */
const brand = Symbol.for('@pool/stream.PooledBufferList')

/** Makes lists of a class known to every copy of this package. */
export function brandList(prototype: object): void {
  Object.defineProperty(prototype, brand, { value: true })
}

/** Whether `value` is a list, of whichever copy of this package. */
export function hasListBrand(value: unknown): boolean {
  return typeof value === 'object' && value !== null && brand in value
}

/** The memory of a lease. */
export function bufferOf(lease: Lease<Buffer>): NonSharedBuffer {
  if (!can(lease, 'retain') || !can(lease, 'release')) throw invalid('data', 'bytes, a string, a lease or a PooledBufferList', lease)
  const { buffer } = lease
  if (Buffer.isBuffer(buffer)) return buffer as NonSharedBuffer
  throw new PoolError('ERR_POOL_INVALID_OPTION', 'data is a lease of something else than a Buffer. Write what its buffer has.')
}

/** The same bytes as a Buffer. */
export function asBuffer(bytes: Uint8Array): NonSharedBuffer {
  return (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as NonSharedBuffer
}
