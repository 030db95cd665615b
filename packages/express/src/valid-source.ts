import type { BufferSource } from '@pool/core'
import { invalid } from '@pool/core/validate'

/** A source of buffers, told by what it can do: an application may hold two copies of core. */
export function validSource(name: string, value: unknown): BufferSource<Buffer> {
  const source = value as Partial<BufferSource<Buffer>> | null | undefined
  const isSource =
    typeof source === 'object' &&
    source !== null &&
    typeof source.lease === 'function' &&
    typeof source.leaseAsync === 'function' &&
    typeof source.maxBytes === 'number'
  if (isSource) return source as BufferSource<Buffer>
  throw invalid(name, 'a pool', value)
}
