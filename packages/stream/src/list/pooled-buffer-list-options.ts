import type { BufferSource } from '@pool/core'
import { type NonSharedBuffer, validInteger, validOptions } from '@pool/core/kit'
import { messagePool } from '../leases/default-pools.js'

/** The bounds of a {@link PooledBufferList}, and of its segments. */
export interface PooledBufferListOptions {
  /** Where memory comes from. Default: the pool of the process's messages. */
  readonly pool?: BufferSource<NonSharedBuffer>
  /** The most bytes that the list may have, 1..2⁴⁰. Default 64 MiB. */
  readonly maxBytes?: number
  /** The most bytes of a segment that the list leases for writes, 256..2³⁰; of a smaller pool its `maxBytes`. Default 65 536. */
  readonly segmentBytes?: number
  /** The most bytes that one call may copy together, because they were asked for in one piece, 0..2³⁰; 0: none. Default 16 MiB. */
  readonly maxContiguousBytes?: number
}

/** The figures of a {@link PooledBufferList}: bytes, and counts since it was made. */
export interface PooledBufferListStats {
  /** Whether it was closed. */
  readonly closed: boolean
  /** Bytes of its content. */
  readonly bytes: number
  /** The most bytes that it may have. */
  readonly maxBytes: number
  /** Segments now. */
  readonly segments: number
  /** Bytes of the memory that it keeps out of pools, shared memory among them: of a segment all, however little of it is content. */
  readonly heldBytes: number
  /** Bytes of the open reservation; 0 without one. */
  readonly reservedBytes: number
  /** Calls that copied several segments together, because their bytes were asked for in one piece. */
  readonly copies: number
  /** Bytes that those copied. */
  readonly copiedBytes: number
  /** Copies that `maxContiguousBytes` refused. */
  readonly refusedCopies: number
}

/** The options, checked. */
export function listSettings(options: PooledBufferListOptions): Required<PooledBufferListOptions> {
  validOptions('options', options, ['pool', 'maxBytes', 'segmentBytes', 'maxContiguousBytes'])
  const { maxBytes = 64 * 1024 * 1024, segmentBytes = 65_536, maxContiguousBytes = 16 * 1024 * 1024 } = options
  validInteger('maxBytes', maxBytes, 1, 2 ** 40)
  validInteger('segmentBytes', segmentBytes, 256, 2 ** 30)
  validInteger('maxContiguousBytes', maxContiguousBytes, 0, 2 ** 30)
  return { pool: messagePool(options.pool), maxBytes, segmentBytes, maxContiguousBytes }
}
