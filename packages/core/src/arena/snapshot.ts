import type { PoolStats, SizeClassStats } from '../interfaces/stats-source.js'
import type { Arena } from './arena.js'
import type { FreeList } from './free-list.js'

/** The figures of a pool, as they are now. */
export function snapshotOf(arena: Arena): PoolStats {
  const { settings, stock, queue, leaks, caretaker, oversize } = arena
  const classes = arena.classes.map(sizeClassStats)
  const total = (figure: keyof SizeClassStats) => classes.reduce((sum, stats) => sum + stats[figure], 0)
  const loose = sizeClassStats(oversize)
  const acquisitions = total('acquisitions') + loose.acquisitions
  const misses = total('misses') + loose.misses
  const bytesAllocated = total('bytesAllocated') + loose.bytesAllocated
  const bytesReused = total('bytesReused')
  const { idleBytes, liveBytes } = stock.budget
  const inUse = total('inUse') + loose.inUse
  const releases = total('releases') + loose.releases
  const now = performance.now()
  const uptimeMs = now - arena.madeAt
  const servesOversize = settings.maxBytes > (settings.sizes.at(-1) ?? 0)
  return Object.freeze({
    name: arena.name,
    kind: settings.kind,
    closed: arena.closed,
    bufferSize: settings.kind === 'buffer' ? (settings.sizes[0] as number) : null,
    available: total('available'),
    inUse,
    total: total('total') + loose.total,
    capacity: settings.maxSize * (classes.length + (servesOversize ? 1 : 0)),
    utilization: Math.min(1, Math.max((liveBytes - idleBytes) / settings.maxLiveBytes, fullest(arena))),
    peakInUse: total('peakInUse') + loose.peakInUse,
    acquisitions,
    releases,
    outstanding: acquisitions - releases,
    hits: acquisitions - misses,
    misses,
    discards: total('discards') + loose.discards,
    oversize: loose.acquisitions,
    hitRatio: ratio(acquisitions - misses, acquisitions, 1),
    bytesAllocated,
    bytesReused,
    reuseRatio: ratio(bytesReused, bytesReused + bytesAllocated, 0),
    liveBytes,
    inUseBytes: liveBytes - idleBytes,
    idleBytes,
    maxLiveBytes: Math.min(settings.maxLiveBytes, Number.MAX_SAFE_INTEGER),
    maxIdleBytes: Math.min(settings.maxIdleBytes, Number.MAX_SAFE_INTEGER),
    exhaustions: total('exhaustions') + loose.exhaustions,
    msSinceExhaustion: arena.lastExhaustedAt === undefined ? null : now - arena.lastExhaustedAt,
    waiting: queue.size,
    stalledMs: arena.stall.ms(now, acquisitions, inUse, queue.size),
    timeouts: queue.timeouts,
    leaked: total('leaked') + loose.leaked,
    leakedBytes: leaks.leakedBytes,
    heldTooLong: leaks.heldTooLong,
    quarantined: stock.quarantined,
    refusedReleases: arena.refusedReleases,
    trimmed: stock.trimmed,
    memoryPressure: caretaker.pressureLevel,
    uptimeMs,
    acquisitionsPerSecond: uptimeMs > 0 ? (acquisitions * 1000) / uptimeMs : 0,
    allocationRate: uptimeMs > 0 ? (misses * 1000) / uptimeMs : 0,
    sizeClasses: Object.freeze(classes)
  })
}

function sizeClassStats(list: FreeList): SizeClassStats {
  list.markLow()
  const { acquisitions, misses, inUse, leaked, bufferSize } = list
  const hits = acquisitions - misses
  return Object.freeze({
    bufferSize,
    available: list.free.length,
    inUse,
    total: list.total,
    peakInUse: list.peakInUse,
    acquisitions,
    releases: acquisitions - inUse - leaked,
    hits,
    misses,
    discards: list.discards,
    exhaustions: list.exhaustions,
    leaked,
    bytesAllocated: list.bytesAllocated,
    bytesReused: hits * bufferSize,
    hitRatio: ratio(hits, acquisitions, 1)
  })
}

function fullest({ allClasses, settings }: Arena): number {
  return Math.max(...allClasses.map(({ inUse }) => inUse / settings.maxSize))
}

function ratio(part: number, whole: number, whenNone: number): number {
  return whole > 0 ? part / whole : whenNone
}
