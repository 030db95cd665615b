import type { PoolStats, SizeClassStats } from '@pool/core'
import { poolStats, sizeClassStats, sumsOf } from '@pool/core/kit'
import type { SizeClass } from './size-class.js'
import type { Vault } from './vault.js'

/** The figures of a pool, as they are now. Bytes are those of the memory that secrets lie in, their canaries left out. */
export function snapshotOf(vault: Vault): PoolStats {
  const { settings, queue, idleBytes } = vault
  const classes = vault.classes.map((sizeClass) => statsOfClass(sizeClass, sizeClass.capacity))
  const loose = statsOfClass(vault.oversize, 0)
  const sums = sumsOf([...classes, loose])
  const { acquisitions, inUse } = sums
  const inUseBytes = vault.store.liveBytes - idleBytes
  const now = performance.now()
  return poolStats({
    name: vault.name,
    kind: 'secure',
    closed: vault.closed,
    ...sums,
    capacity: settings.maxSecrets,
    utilization: Math.min(1, Math.max(inUseBytes / settings.maxLiveBytes, inUse / settings.maxSecrets)),
    oversize: loose.acquisitions,
    inUseBytes,
    idleBytes,
    maxLiveBytes: settings.maxLiveBytes,
    maxIdleBytes: settings.maxIdleBytes,
    msSinceExhaustion: vault.lastExhaustedAt === undefined ? null : now - vault.lastExhaustedAt,
    stalledMs: vault.stall.ms(now, acquisitions, inUse, queue.size),
    waiting: queue.size,
    timeouts: queue.timeouts,
    leakedBytes: vault.leakedBytes,
    quarantined: vault.quarantined,
    refusedReleases: vault.refusedReleases,
    trimmed: vault.store.trimmed,
    uptimeMs: now - vault.madeAt,
    sizeClasses: classes
  })
}

function statsOfClass(sizeClass: SizeClass, bufferSize: number): SizeClassStats {
  const { inUse, acquisitions, misses, discards, exhaustions, leaked, bytesAllocated } = sizeClass
  return sizeClassStats({
    bufferSize,
    available: sizeClass.free.length,
    inUse,
    peakInUse: Math.max(sizeClass.peakInUse, sizeClass.total - sizeClass.low),
    acquisitions,
    misses,
    discards,
    exhaustions,
    leaked,
    bytesAllocated
  })
}
