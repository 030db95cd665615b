import type { BufferSource, StatsSource } from '@pool/core'
import { can } from '@pool/core/kit'

/** The most bytes that quiet connections of one pool may keep together. */
const mostBytes = 1024 * 1024

/**
 * Memory that connections keep for their next read although the last one left room in it. It spares a busy connection the detour by the landing;
 * a connection that falls quiet keeps it, so that all of them together may keep a MiB at the most, and a sixteenth of their pool.
 */
export class WarmMemory {
  #leftBytes: number

  /** `leftBytes` may be kept. */
  constructor(leftBytes: number) {
    this.#leftBytes = leftBytes
  }

  /** Whether `bytes` may be kept; they are counted then. */
  take(bytes: number): boolean {
    if (bytes > this.#leftBytes) return false
    this.#leftBytes -= bytes
    return true
  }

  /** `bytes` are kept no more. */
  giveBack(bytes: number): void {
    this.#leftBytes += bytes
  }
}

const ofPools = new WeakMap<BufferSource<Buffer>, WarmMemory>()

/** What the connections of `pool` share. */
export function warmMemoryOf(pool: BufferSource<Buffer>): WarmMemory {
  let warm = ofPools.get(pool)
  if (warm === undefined) {
    const poolBytes = can(pool, 'stats') ? (pool as unknown as StatsSource).stats().maxLiveBytes : pool.maxBytes
    warm = new WarmMemory(Math.min(mostBytes, poolBytes / 16))
    ofPools.set(pool, warm)
  }
  return warm
}
