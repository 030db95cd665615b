import { partEnd } from '../arena/doubling-parts.js'
import type { FreeList } from '../arena/free-list.js'
import type { SizeBucket, SizeHistogram } from '../interfaces/size-histogram.js'
import { headroom } from '../watching/trimming.js'
import { bestSizes, leastSamples, servedBy, wasteOfSizes } from './best-sizes.js'

/** A change must save this share of the bytes that are wasted now, … */
const worthwhile = 0.05
/** … and this share of the bytes that are asked for. */
const leastShare = 0.005
/** Sizes are rounded up to the end of their 128th of a doubling, since the table finds those in two looks. */
const roundedBits = 7

/**
 * The size classes for the requests of `histogram`, where changing to them is worth while: those of `starting`, and as many again, chosen. So no request
 * ever fits worse than it did at the start, however new its size.
 */
export function adaptedSizes(histogram: SizeHistogram, starting: readonly number[]): readonly number[] | undefined {
  const [smallest, largest] = [starting[0] as number, starting.at(-1) as number]
  const { served, askedBytes } = servedBy(starting, histogram.buckets)
  if (histogram.samples < leastSamples || served.length === 0) return undefined
  const within = (bytes: number) => Math.min(largest, Math.max(smallest, partEnd(bytes, roundedBits)))
  const chosen = bestSizes(served, starting.length, within).sizes
  const sizes = [...new Set([...starting, ...chosen])].sort((a, b) => a - b)
  const before = wasteOfSizes(served, histogram.sizes)
  const saved = before - wasteOfSizes(served, sizes)
  return saved > before * worthwhile && saved > askedBytes * leastShare ? Object.freeze(sizes) : undefined
}

/** For each of `sizes`, the buffers that it needs for its share of the buffers that the classes had out at the peak of the last interval. */
export function demandOf({ buckets }: SizeHistogram, sizes: readonly number[], classes: readonly FreeList[]): number[] {
  const shares = classes.map(() => 0)
  const served = buckets.map((bucket) => {
    const from = classes.findIndex(({ bufferSize }) => bufferSize >= bucket.largestBytes)
    if (from >= 0) shares[from] = (shares[from] as number) + bucket.requests
    return { from, to: sizes.findIndex((size) => size >= bucket.largestBytes), requests: bucket.requests }
  })
  const demand = sizes.map(() => 0)
  for (const sizeClass of classes) sizeClass.markLow()
  for (const { from, to, requests } of served) {
    const peak = classes[from]?.recentPeak ?? 0
    if (to >= 0) demand[to] = (demand[to] as number) + (peak * requests) / (shares[from] as number)
  }
  return demand.map((peak) => Math.ceil(peak * headroom))
}

/** The share of the bytes handed out by classes of `sizes` that was not asked for, 0..1. */
export function wasteRatio(buckets: readonly SizeBucket[], sizes: readonly number[]): number {
  const { askedBytes } = servedBy(sizes, buckets)
  const waste = wasteOfSizes(buckets, sizes)
  return waste + askedBytes > 0 ? waste / (waste + askedBytes) : 0
}
