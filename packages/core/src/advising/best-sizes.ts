import type { SizeBucket } from '../interfaces/size-histogram.js'
import { invalid, validFunction, validInteger } from '../kit/checks.js'

/** The fewest samples that allow a judgement. */
export const leastSamples = 32

/** Size classes, and the bytes that they would waste. */
export interface ChosenSizes {
  /** Bytes of each class, ascending. */
  readonly sizes: readonly number[]
  /** Bytes handed out beyond those asked for. */
  readonly wasteBytes: number
}

/** Fewer classes are as good when they waste at most this many times the bytes that the best ones waste, … */
const tolerated = 1.02
/** … and this share of all bytes asked for. */
const negligible = 0.001

/**
 * The size classes, up to `most`, that waste the fewest bytes on the requests of a histogram; the largest request has the largest class.
 * Classes that gain next to nothing are left out.
 *
 * The best k classes for the first j buckets are the best k - 1 for some i of them, and one class for those between. The waste of the last
 * class grows with its size and with its requests, so that the best i never moves back as j grows (the quadrangle inequality; F. F. Yao,
 * "Efficient dynamic programming using quadrangle inequalities", STOC 1980), and each k costs O(n log n) by halving.
 * @param buckets - ascending
 * @param most - classes, 1 or more
 * @param sizeFor - the class for requests of up to `bytes`: `bytes` or more, never descending. Default: exactly `bytes`
 * @returns the sizes, ascending, and the bytes that they waste; none for no buckets
 * @throws `ERR_POOL_INVALID_OPTION` when an argument is not valid
 */
export function bestSizes(
  buckets: readonly SizeBucket[],
  most: number,
  sizeFor: (bytes: number) => number = (bytes) => bytes
): ChosenSizes {
  if (!Array.isArray(buckets)) throw invalid('buckets', 'the buckets of a histogram', buckets)
  validInteger('most', most, 1, Number.MAX_SAFE_INTEGER)
  validFunction('sizeFor', sizeFor)
  const count = buckets.length
  if (count === 0) return { sizes: [], wasteBytes: 0 }
  const sizes = buckets.map(({ largestBytes }) => sizeFor(largestBytes))
  const requests = runningSums(buckets.map((bucket) => bucket.requests))
  const bytes = runningSums(buckets.map((bucket) => bucket.totalBytes))
  const wasteOf = (from: number, to: number) => (sizes[to - 1] as number) * at(requests, to, from) - at(bytes, to, from)

  const wastes: Float64Array[] = [new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY)]
  ;(wastes[0] as Float64Array)[0] = 0
  const cuts: Uint16Array[] = [new Uint16Array(count + 1)]
  for (let classes = 1; classes <= Math.min(most, count); classes++) {
    const before = wastes[classes - 1] as Float64Array
    const waste = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY)
    const cut = new Uint16Array(count + 1)
    const solve = (low: number, high: number, lowCut: number, highCut: number): void => {
      if (low > high) return
      const middle = (low + high) >> 1
      let bestCut = lowCut
      for (let from = lowCut; from <= Math.min(highCut, middle - 1); from++) {
        const sum = (before[from] as number) + wasteOf(from, middle)
        if (sum < (waste[middle] as number)) {
          waste[middle] = sum
          bestCut = from
        }
      }
      cut[middle] = bestCut
      solve(low, middle - 1, lowCut, bestCut)
      solve(middle + 1, high, bestCut, highCut)
    }
    solve(classes, count, classes - 1, count - 1)
    wastes.push(waste)
    cuts.push(cut)
  }

  const least = wastes.at(-1)?.[count] as number
  const goodEnough = least * tolerated + (bytes[count] as number) * negligible
  const chosen = wastes.findIndex((waste) => (waste[count] as number) <= goodEnough)
  const best: number[] = []
  for (let classes = chosen, to = count; classes > 0; classes--) {
    best.unshift(sizes[to - 1] as number)
    to = cuts[classes]?.[to] as number
  }
  return { sizes: [...new Set(best)], wasteBytes: wastes[chosen]?.[count] as number }
}

/** The requests that classes of `sizes`, ascending, serve, and the bytes that those asked for. */
export function servedBy(
  sizes: readonly number[],
  buckets: readonly SizeBucket[]
): { readonly served: readonly SizeBucket[]; readonly askedBytes: number } {
  const largest = sizes.at(-1) ?? 0
  const served = buckets.filter(({ largestBytes }) => largestBytes <= largest)
  return { served, askedBytes: served.reduce((sum, { totalBytes }) => sum + totalBytes, 0) }
}

/** Bytes that classes of `sizes`, ascending, hand out beyond those asked for; requests above the largest waste nothing. */
export function wasteOfSizes(buckets: readonly SizeBucket[], sizes: readonly number[]): number {
  let index = 0
  let waste = 0
  for (const { largestBytes, requests, totalBytes } of buckets) {
    while (index < sizes.length && (sizes[index] as number) < largestBytes) index++
    const size = sizes[index]
    if (size === undefined) break
    waste += size * requests - totalBytes
  }
  return waste
}

function runningSums(figures: readonly number[]): Float64Array {
  const sums = new Float64Array(figures.length + 1)
  for (const [index, figure] of figures.entries()) sums[index + 1] = (sums[index] as number) + figure
  return sums
}

function at(sums: Float64Array, to: number, from: number): number {
  return (sums[to] as number) - (sums[from] as number)
}
