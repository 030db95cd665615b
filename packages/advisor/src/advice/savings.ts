import type { Profile, Site } from '../profile.js'
import type { Estimate, Savings } from './advice.js'
import type { Calibration } from './calibration.js'

/** Smaller buffers come out of one that Node keeps for them, or cost next to nothing. */
export const leastPooledBytes = 4096

/** How far a site's faults may lie from the share that its bytes have: the allocator reuses some sizes better than others. */
const faultSpread: Estimate = { low: 0.6, expected: 1, high: 1.5 }
/** How far the time of collections that a site's bytes brought about may lie from the share that these bytes have. */
const collectorSpread: Estimate = { low: 0.5, expected: 1, high: 1.3 }
/** Of major collections, which most often have other causes. */
const majorSpread: Estimate = { low: 0, expected: 0.5, high: 1 }
/** How often a buffer's memory comes into the processor's cache: as it is written, and perhaps as it is read again. */
const cacheSpread: Estimate = { low: 0, expected: 1, high: 2 }
/** A collection is due to buffers alone from this part of the amount on after which V8 collects for them, since Buffers that were alive at the one before count, too. */
const wholeFrom = 0.5
/** Where other sites make less than this share of the bytes, objects bring about a collection before those bytes do. */
const remainderRatio = 0.1
/** The share of buffers that lie dead until the next collection that is resident: all bytes that were written to. */
const deadSpread: Estimate = { low: 0.5, expected: 1, high: 1 }
/** The memory that a pool keeps, as a multiple of the peak. */
const headroom = 1.25

const zero: Estimate = { low: 0, expected: 0, high: 0 }
/** The savings where nothing is saved. */
export const noSavings: Savings = { cpuMs: zero, cpuRatio: zero, minorFaults: zero, majorCollections: zero, peakRssBytes: zero }

/** The savings of a pool at `site`, had there been one over the time of the profile. */
export function predictSavings(site: Site, profile: Profile, calibration: Calibration): Savings {
  const { process, sites, unattributed } = profile
  const { bytes, count } = pooledPart(site)
  if (count === 0) return noSavings
  const { pageBytes, faultUs, allocationUs, poolUs, fillUsPerMib, coldFillUsPerMib, collectionBytes } = calibration
  const allBytes = sites.reduce((sum, one) => sum + pooledPart(one).bytes, 0) + (unattributed.bytes ?? 0)
  const share = bytes / allBytes
  const served = servedRatio(site)

  // Each page of a fresh buffer faults once at most; faults beyond all pages have other causes. Nor do those come again by which memory reached its peak.
  const growth = process.peakArrayBuffersBytes / pageBytes
  const churn = process.bufferFaults ?? Math.max(0, Math.min(process.minorFaults, allBytes / pageBytes) - growth)
  const faults = churn * share * served
  const minorFaults = within(scaled(faultSpread, faults), (bytes / pageBytes) * served)
  const savedMs = savedCollectionsMs(process, collectionBytes, share * served)
  // The helper threads collect as long as the main thread does.
  const helpersMs = (process.helperMs ?? 0) * (savedMs / Math.max(process.collections.totalMs, savedMs, 1e-9))
  const collectorMs = scaled(collectorSpread, savedMs * (process.ranRatio ?? 1) + helpersMs)
  // The buffers of the other sites drive those of a pool out of the cache.
  const cacheMs = scaled(cacheSpread, ((bytes / 2 ** 20) * served * share * (coldFillUsPerMib - fillUsPerMib)) / 1000)
  const eachMs = (count * served * (allocationUs - poolUs)) / 1000
  const cpuMs = within(
    sum(sum(sum(scaled(minorFaults, faultUs / 1000), collectorMs), cacheMs), { low: eachMs, expected: eachMs, high: eachMs }),
    process.cpuMs
  )
  const peak = Math.min(process.peakArrayBuffersBytes, process.peakRssBytes)
  // The other sites' buffers fill as much memory as before until V8 collects. Buffers that outlive a collection and die later come on top, and become fewer.
  const filled = Math.min(peak, collectionBytes) * Math.max(0, 1 - (1 - share) / remainderRatio)
  const dead = filled + Math.max(0, peak - collectionBytes) * share - (site.peakLiveBytes ?? 0) * headroom
  return {
    cpuMs,
    cpuRatio: scaled(cpuMs, 1 / Math.max(process.cpuMs, 1)),
    minorFaults,
    majorCollections: scaled(majorSpread, process.collections.major * share * served),
    peakRssBytes: scaled(deadSpread, Math.max(0, dead))
  }
}

/**
 * The time of collections that does not come about without the part `share` of the buffers. A collection is due to buffers where they had filled half of the memory
 * that V8 gives them; of those that came sooner, the part that was filled.
 */
function savedCollectionsMs({ collections }: Profile['process'], collectionBytes: number, share: number): number {
  if (collections.byMadeBytes === undefined) return (collections.totalMs / 2) * share
  return collections.byMadeBytes.reduce((sum, { bytes, ms }) => {
    const due = Math.min(1, bytes / Math.max(1, collectionBytes * wholeFrom))
    // V8 begins to mark at its amount, and buffers are made until it ends. Where fewer are made meanwhile, the next collection comes after fewer bytes.
    const meanwhile = Math.max(0, bytes - collectionBytes)
    const left = ((1 - share) * bytes) / Math.max(1, bytes - share * meanwhile)
    return sum + ms * due * (1 - left)
  }, 0)
}

/** The savings of several changes together, at most the whole expense of the process. */
export function sumOfSavings(all: readonly Savings[], { process }: Profile): Savings {
  const total = (of: keyof Savings, most: number) =>
    within(
      all.reduce((so, one) => sum(so, one[of]), zero),
      most
    )
  return {
    cpuMs: total('cpuMs', process.cpuMs),
    cpuRatio: total('cpuRatio', 1),
    minorFaults: total('minorFaults', process.bufferFaults ?? process.minorFaults),
    majorCollections: total('majorCollections', process.collections.major),
    peakRssBytes: total('peakRssBytes', process.peakRssBytes)
  }
}

/** The buffers of a site that are large enough for a pool. */
export function pooledPart({ bytes: all, sizes }: Site): { readonly bytes: number; readonly count: number } {
  const large = sizes.filter(({ bytes }) => bytes >= leastPooledBytes)
  // The size of a group is its largest, so that their sum may be above the bytes that were made.
  return {
    bytes: Math.min(
      all,
      large.reduce((so, { bytes, count }) => so + bytes * count, 0)
    ),
    count: large.reduce((so, { count }) => so + count, 0)
  }
}

/** The share of the buffers that would have come out of a pool: all but those that fill it, up to the peak. */
export function servedRatio({ peakLive = 0, count }: Site): number {
  return Math.max(0, 1 - peakLive / Math.max(count, 1))
}

function scaled({ low, expected, high }: Estimate, by: number): Estimate {
  return { low: low * by, expected: expected * by, high: high * by }
}

function sum(one: Estimate, other: Estimate): Estimate {
  return { low: one.low + other.low, expected: one.expected + other.expected, high: one.high + other.high }
}

function within({ low, expected, high }: Estimate, most: number): Estimate {
  const bound = (value: number) => Math.max(0, Math.min(most, value))
  return { low: bound(low), expected: bound(expected), high: bound(high) }
}
