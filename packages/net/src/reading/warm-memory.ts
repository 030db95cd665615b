import type { BufferSource, StatsSource } from '@pool/core'
import { ByteRoom, can, type NonSharedBuffer } from '@pool/core/kit'

/** The most bytes that quiet connections of one pool may keep together. */
const mostBytes = 1024 * 1024

const ofPools = new WeakMap<BufferSource<NonSharedBuffer>, ByteRoom>()

/**
 * Room for memory that connections of `pool` keep for their next read although the last one left room in it. It spares a busy connection the
 * detour by the landing; a connection that falls quiet keeps it, so that all of them together may keep a MiB at the most, and a sixteenth of
 * their pool.
 */
export function warmMemoryOf(pool: BufferSource<NonSharedBuffer>): ByteRoom {
  let warm = ofPools.get(pool)
  if (warm === undefined) {
    const poolBytes = can(pool, 'stats') ? (pool as unknown as StatsSource).stats().maxLiveBytes : pool.maxBytes
    warm = new ByteRoom(Math.min(mostBytes, poolBytes / 16))
    ofPools.set(pool, warm)
  }
  return warm
}
