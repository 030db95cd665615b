import type { PoolStats, SizeClassStats } from '../interfaces/stats-source.js'
import { poolStats, sizeClassStats, sumsOf } from '../kit/observing/pool-stats.js'
import type { Arena } from './arena.js'
import type { FreeList } from './free-list.js'

/** The figures of a pool, as they are now. */
export function snapshotOf(arena: Arena): PoolStats {
  const { kind, sizes, maxSize, stock, queue, leaks, caretaker } = arena
  const lists = [...arena.classes, ...arena.former.lists].sort((a, b) => a.bufferSize - b.bufferSize)
  const classes = lists.map(statsOfClass)
  const loose = statsOfClass(arena.oversize)
  const sums = sumsOf([...classes, loose, arena.former.counts])
  const { acquisitions, inUse } = sums
  const { idleBytes, liveBytes, maxLiveBytes, maxIdleBytes } = stock.budget
  const inUseBytes = liveBytes - idleBytes
  const now = performance.now()
  const servesOversize = arena.maxBytes > (sizes.at(-1) ?? 0)
  return poolStats({
    name: arena.name,
    kind,
    closed: arena.closed,
    bufferSize: kind === 'buffer' ? (sizes[0] as number) : null,
    ...sums,
    capacity: maxSize * (arena.classes.length + (servesOversize ? 1 : 0)),
    utilization: Math.min(1, Math.max(inUseBytes / maxLiveBytes, fullest(arena))),
    oversize: loose.acquisitions,
    inUseBytes,
    idleBytes,
    maxLiveBytes: Math.min(maxLiveBytes, Number.MAX_SAFE_INTEGER),
    maxIdleBytes: Math.min(maxIdleBytes, Number.MAX_SAFE_INTEGER),
    msSinceExhaustion: arena.lastExhaustedAt === undefined ? null : now - arena.lastExhaustedAt,
    waiting: queue.size,
    stalledMs: arena.stall.ms(now, acquisitions, inUse, queue.size),
    timeouts: queue.timeouts,
    leakedBytes: leaks.leakedBytes,
    heldTooLong: leaks.heldTooLong,
    quarantined: stock.quarantined,
    refusedReleases: arena.refusedReleases,
    trimmed: stock.trimmed,
    memoryPressure: caretaker.pressureLevel,
    uptimeMs: now - arena.madeAt,
    sizeClasses: classes
  })
}

function statsOfClass(list: FreeList): SizeClassStats {
  list.markLow()
  const { bufferSize, inUse, peakInUse, acquisitions, misses, discards, exhaustions, leaked, bytesAllocated } = list
  return sizeClassStats({
    bufferSize,
    available: list.free.length,
    inUse,
    peakInUse,
    acquisitions,
    misses,
    discards,
    exhaustions,
    leaked,
    bytesAllocated
  })
}

function fullest({ allClasses, maxSize }: Arena): number {
  return Math.max(...allClasses.map(({ inUse }) => inUse / maxSize))
}
