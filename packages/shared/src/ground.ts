import type { BlockQueue } from './block-queue.js'
import type { BlockTraces } from './debug/block-traces.js'
import type { Layout } from './layout.js'
import type { SharedWebAssemblyMemory } from './pool-memory.js'
import type { SeatRows } from './seat-rows.js'
import type { SharedPoolToken } from './token.js'

/** Whether threads share the blocks' memory, or blocks travel between them. */
export type SharedPoolMode = 'shared' | 'transfer'

/** The base of a pool in one thread: memory that all threads share, or memory of its own and messages. */
export interface Ground {
  readonly mode: SharedPoolMode
  /** This thread's seat. */
  readonly seat: number
  readonly words: Int32Array
  readonly layout: Layout
  readonly rows: SeatRows
  readonly channels: readonly BlockQueue[]
  /** The views that were made of blocks; those of blocks that leave the thread are dropped. */
  readonly views: unknown[]
  /** Shared memory and the pool's first byte in it. */
  readonly shared: { readonly memory: SharedArrayBuffer | SharedWebAssemblyMemory; readonly byteOffset: number } | undefined
  /** The record of each block in debug mode. */
  readonly traces: BlockTraces | undefined
  /** Where a block lies. */
  placeOf(index: number): { readonly buffer: ArrayBufferLike; readonly byteOffset: number }
  /** Whether the block's memory is in reach of this thread. */
  has(index: number): boolean
  /** The part of a token that the threads' common ground decides. */
  newToken(): Pick<SharedPoolToken, 'memory' | 'byteOffset' | 'tag' | 'grant' | 'transfer'>
  /** Whether the token is one of this pool. */
  owns(token: SharedPoolToken): boolean
  /** Gives back the blocks of the threads that have this token's tag, or this key. The caller has proof that they are dead. */
  reap(tag: number, key?: number): number
  /** Whether a thread with this tag was granted its lock. */
  isLocked(tag: number): boolean
  /** Notes that this thread was granted its lock. */
  noteLock(): void
  /** Lets other threads have the blocks that this one keeps ready for itself. */
  flush(): void
  /** Leaves the pool; how many blocks this thread held. */
  leave(): number
}
