import { poolStats, sizeClassStats, sumsOf } from '@pool/core/kit/universal'
import { describe, expect, it } from 'vitest'

const counted = {
  name: 'rows',
  kind: 'own',
  closed: false,
  available: 3,
  inUse: 1,
  capacity: 8,
  peakInUse: 2,
  acquisitions: 10,
  releases: 9,
  bytesAllocated: 400,
  bytesReused: 600,
  inUseBytes: 100,
  idleBytes: 300,
  maxLiveBytes: 800,
  maxIdleBytes: 800,
  exhaustions: 0,
  uptimeMs: 2000
}

describe('poolStats', () => {
  it('derives sums, ratios and rates from what a pool counts', () => {
    expect(poolStats({ ...counted, misses: 4 })).toMatchObject({
      total: 4,
      outstanding: 1,
      hits: 6,
      misses: 4,
      hitRatio: 0.6,
      reuseRatio: 0.6,
      liveBytes: 400,
      utilization: 0.125,
      acquisitionsPerSecond: 5,
      allocationRate: 2
    })
  })

  it('takes figures that a pool does not count as 0, and a pressure that it does not watch as normal', () => {
    expect(poolStats(counted)).toMatchObject({
      misses: 0,
      leaked: 0,
      waiting: 0,
      bufferSize: null,
      memoryPressure: 'normal',
      sizeClasses: []
    })
  })

  it('holds no figure that JSON could not, however young the pool', () => {
    const stats = poolStats({ ...counted, acquisitions: 0, releases: 0, bytesReused: 0, bytesAllocated: 0, maxLiveBytes: 0, uptimeMs: 0 })
    expect(Object.values(stats).filter((figure) => typeof figure === 'number' && !Number.isFinite(figure))).toEqual([])
    expect(stats).toMatchObject({ hitRatio: 1, reuseRatio: 0, utilization: 0, acquisitionsPerSecond: 0 })
  })

  it('says a share of use above 1 as 1', () => {
    expect(poolStats({ ...counted, inUseBytes: 900 }).utilization).toBe(1)
  })

  it('is frozen, its size classes too, and the list that was given is not', () => {
    const sizeClasses = [sizeClass()]
    const stats = poolStats({ ...counted, sizeClasses })
    expect([stats, stats.sizeClasses, stats.sizeClasses[0]].every(Object.isFrozen)).toBe(true)
    expect(Object.isFrozen(sizeClasses)).toBe(false)
  })
})

describe('sizeClassStats', () => {
  it('derives the total, the releases, the hits and the bytes that were handed out again', () => {
    expect(sizeClass()).toMatchObject({ total: 5, releases: 6, hits: 6, bytesReused: 384, hitRatio: 0.75 })
  })
})

describe('sumsOf', () => {
  it('adds up the figures of size classes, and takes a figure that a part leaves out as 0', () => {
    expect(sumsOf([sizeClass(), sizeClass(), { acquisitions: 3, misses: 1 }])).toEqual({
      available: 8,
      inUse: 2,
      peakInUse: 4,
      acquisitions: 19,
      releases: 12,
      misses: 5,
      discards: 0,
      exhaustions: 0,
      leaked: 2,
      bytesAllocated: 256,
      bytesReused: 768
    })
  })
})

function sizeClass() {
  return sizeClassStats({
    bufferSize: 64,
    available: 4,
    inUse: 1,
    peakInUse: 2,
    acquisitions: 8,
    misses: 2,
    discards: 0,
    exhaustions: 0,
    leaked: 1,
    bytesAllocated: 128
  })
}
