import type { PoolStats, SizeClassStats } from '@pool/core'
import type { SizeClass } from './size-class.js'
import type { Vault } from './vault.js'

/** The figures of a pool, as they are now. Bytes are those of the memory that secrets lie in, their canaries left out. */
export function snapshotOf(vault: Vault): PoolStats {
  const { settings, queue, oversize, idleBytes } = vault
  const { liveBytes } = vault.store
  const classes = vault.classes.map((sizeClass) => sizeClassStats(sizeClass, sizeClass.capacity))
  const loose = sizeClassStats(oversize, 0)
  const total = (figure: keyof SizeClassStats) => classes.reduce((sum, stats) => sum + stats[figure], loose[figure])
  const acquisitions = total('acquisitions')
  const releases = total('releases')
  const hits = total('hits')
  const bytesAllocated = total('bytesAllocated')
  const bytesReused = total('bytesReused')
  const inUse = total('inUse')
  const inUseBytes = liveBytes - idleBytes
  const now = performance.now()
  const uptimeMs = now - vault.madeAt
  return Object.freeze({
    name: vault.name,
    kind: 'secure',
    closed: vault.closed,
    bufferSize: null,
    available: total('available'),
    inUse,
    total: total('total'),
    capacity: settings.maxSecrets,
    utilization: Math.min(1, Math.max(inUseBytes / settings.maxLiveBytes, inUse / settings.maxSecrets)),
    peakInUse: total('peakInUse'),
    acquisitions,
    releases,
    outstanding: acquisitions - releases,
    hits,
    misses: total('misses'),
    discards: total('discards'),
    oversize: loose.acquisitions,
    hitRatio: ratio(hits, acquisitions, 1),
    bytesAllocated,
    bytesReused,
    reuseRatio: ratio(bytesReused, bytesReused + bytesAllocated, 0),
    liveBytes,
    inUseBytes,
    idleBytes,
    maxLiveBytes: settings.maxLiveBytes,
    maxIdleBytes: settings.maxIdleBytes,
    exhaustions: total('exhaustions'),
    msSinceExhaustion: vault.lastExhaustedAt === undefined ? null : now - vault.lastExhaustedAt,
    stalledMs: vault.stall.ms(now, acquisitions, inUse, queue.size),
    waiting: queue.size,
    timeouts: queue.timeouts,
    leaked: total('leaked'),
    leakedBytes: vault.leakedBytes,
    heldTooLong: 0,
    quarantined: vault.quarantined,
    refusedReleases: vault.refusedReleases,
    trimmed: vault.store.trimmed,
    memoryPressure: 'normal',
    uptimeMs,
    acquisitionsPerSecond: uptimeMs > 0 ? (acquisitions * 1000) / uptimeMs : 0,
    sizeClasses: Object.freeze(classes)
  })
}

function sizeClassStats(sizeClass: SizeClass, bufferSize: number): SizeClassStats {
  const { acquisitions, misses, inUse, leaked } = sizeClass
  const hits = acquisitions - misses
  return Object.freeze({
    bufferSize,
    available: sizeClass.free.length,
    inUse,
    total: sizeClass.total,
    peakInUse: Math.max(sizeClass.peakInUse, sizeClass.total - sizeClass.low),
    acquisitions,
    releases: acquisitions - inUse - leaked,
    hits,
    misses,
    discards: sizeClass.discards,
    exhaustions: sizeClass.exhaustions,
    leaked,
    bytesAllocated: sizeClass.bytesAllocated,
    bytesReused: hits * bufferSize,
    hitRatio: ratio(hits, acquisitions, 1)
  })
}

function ratio(part: number, whole: number, whenNone: number): number {
  return whole > 0 ? part / whole : whenNone
}
