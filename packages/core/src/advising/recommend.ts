import type { SizeHistogram } from '../interfaces/size-histogram.js'
import type { PoolStats, SizeClassStats } from '../interfaces/stats-source.js'
import { invalid } from '../kit/checks.js'
import { headroom } from '../watching/trimming.js'
import { bestSizes, leastSamples, servedBy, wasteOfSizes } from './best-sizes.js'

/**
 * The subject of a {@link Recommendation}, and the meaning of its figure:
 *
 * | kind | figure |
 * |---|---|
 * | `leak` | buffers that were collected while out |
 * | `wait` | acquires that were refused, or had to wait |
 * | `classes` | share of the bytes handed out that better size classes would save, 0..1 |
 * | `oversize` | acquires above the largest class |
 * | `reserve` | bytes kept for buffers that were never out |
 * | `warm` | acquires that allocated while the pool grew to its peak |
 * | `keep` | acquires that allocated again memory that the pool had given up |
 * | `nothing` | share of acquires served by a buffer that was there, 0..1 |
 */
export type RecommendationKind = 'leak' | 'wait' | 'classes' | 'oversize' | 'reserve' | 'warm' | 'keep' | 'nothing'

/** One recommended change to a pool. */
export interface Recommendation {
  /** The subject of the recommendation. */
  readonly kind: RecommendationKind
  /** The figure behind it; see {@link RecommendationKind}. */
  readonly figure: number
  /** The finding: a sentence. */
  readonly finding: string
  /** The remedy: a sentence. */
  readonly remedy: string
  /** The options of the pool that change, with their new values; empty where the remedy is not an option. */
  readonly options: Readonly<Record<string, number | string | readonly number[]>>
}

/** Fewer acquires say little. */
const leastAcquires = 1000
/** Shares below these are not worth a change. */
const worthwhile = { waste: 0.05, misses: 0.01, oversize: 0.01, reserve: 0.25 }
const leastReserveBytes = 2 ** 20

/**
 * The recommended changes to a pool, the most urgent first. Where nothing is to be gained, one recommendation of the kind `nothing` says so.
 *
 * A pure function of its arguments: it may be called anywhere, with figures of another process too. Some 100 µs with a histogram.
 * @param stats - `pool.stats()`
 * @param histogram - `pool.requestedSizes()`, of a pool that has it; without it nothing is said about size classes
 * @returns one recommendation or more
 * @throws `ERR_POOL_INVALID_OPTION` when either argument is not valid
 */
export function recommend(stats: PoolStats, histogram?: SizeHistogram): readonly Recommendation[] {
  if (!Array.isArray(stats?.sizeClasses)) throw invalid('stats', 'a snapshot of a pool', stats)
  if (histogram !== undefined && !Array.isArray(histogram?.buckets)) throw invalid('histogram', 'what requestedSizes() returns', histogram)
  const found = [
    leaks(stats),
    waits(stats),
    betterClasses(histogram),
    oversize(stats, histogram),
    tooLargeReserve(stats),
    misses(stats)
  ].filter((one) => one !== undefined)
  return found.length > 0 ? found : [nothing(stats)]
}

function leaks({ leaked, leakedBytes }: PoolStats): Recommendation | undefined {
  if (leaked === 0) return undefined
  return {
    kind: 'leak',
    figure: leaked,
    finding: `${buffers(leaked)} of ${inBytes(leakedBytes)} together went out and never came back.`,
    remedy: "Run with leakDetection: 'all' to learn where each was acquired, and release it in a finally, or by `using`.",
    options: { leakDetection: 'all' }
  }
}

function waits(stats: PoolStats): Recommendation | undefined {
  const { exhaustions, capacity, sizeClasses, waiting, maxLiveBytes, bufferSize: only } = stats
  if (exhaustions === 0) return undefined
  const fullest = sizeClasses.reduce<SizeClassStats | undefined>(
    (most, one) => (one.exhaustions > (most?.exhaustions ?? 0) ? one : most),
    undefined
  )
  // The bound of a class is not among the figures; the capacity has one share more where larger buffers are served, too.
  const isFull = fullest !== undefined && fullest.peakInUse >= Math.floor(capacity / (only === null ? sizeClasses.length + 1 : 1))
  const finding = `${exhaustions} acquires were refused, or had to wait.`
  if (isFull) {
    const { peakInUse, bufferSize } = fullest
    const maxSize = peakInUse + Math.max(waiting, Math.ceil(peakInUse / 4))
    return {
      kind: 'wait',
      figure: exhaustions,
      finding,
      remedy: `All ${peakInUse} buffers of ${bufferSize} bytes were out at once: release them sooner, or raise maxSize to ${maxSize}.`,
      options: { maxSize }
    }
  }
  const raised = Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(maxLiveBytes * 1.25))
  return {
    kind: 'wait',
    figure: exhaustions,
    finding,
    remedy: `The pool had reached maxLiveBytes, ${inBytes(maxLiveBytes)}, or memory was short: release sooner, or raise it to ${inBytes(raised)}.`,
    options: { maxLiveBytes: raised }
  }
}

function betterClasses(histogram: SizeHistogram | undefined): Recommendation | undefined {
  if (histogram === undefined || histogram.samples < leastSamples || histogram.requests < leastAcquires) return undefined
  const { sizes } = histogram
  const largest = sizes.at(-1) ?? 0
  const { served, askedBytes: asked } = servedBy(sizes, histogram.buckets)
  if (asked === 0) return undefined
  const waste = wasteOfSizes(served, sizes)
  const best = bestSizes(served, sizes.length)
  const saved = (waste - best.wasteBytes) / (asked + waste)
  if (saved < worthwhile.waste) return undefined
  // The advice must not make sizes oversized that are asked for only now and then.
  const better = (best.sizes.at(-1) as number) < largest && best.sizes.length < sizes.length ? [...best.sizes, largest] : best.sizes
  return {
    kind: 'classes',
    figure: saved,
    finding: `${percent(waste / (asked + waste))} of the bytes handed out were not asked for.`,
    remedy: `Set sizes: [${better.join(', ')}], with which it would be ${percent(best.wasteBytes / (asked + best.wasteBytes))}; or adapt: true.`,
    options: { sizes: better }
  }
}

function oversize(stats: PoolStats, histogram: SizeHistogram | undefined): Recommendation | undefined {
  const { oversize: count, acquisitions } = stats
  const largestClass = stats.sizeClasses.at(-1)?.bufferSize
  if (largestClass === undefined || acquisitions < leastAcquires || count / acquisitions < worthwhile.oversize) return undefined
  const largest = histogram?.buckets.at(-1)?.largestBytes ?? 0
  const known = largest > largestClass
  return {
    kind: 'oversize',
    figure: count,
    finding: `${count} acquires asked for more than the largest class, ${largestClass} bytes, and each allocated.`,
    remedy: known
      ? `Add a class of ${largest} bytes, or set maxClassBytes to that.`
      : 'Add a class that is as large as these requests, or raise maxClassBytes.',
    options: known ? { maxClassBytes: largest } : {}
  }
}

function tooLargeReserve(stats: PoolStats): Recommendation | undefined {
  const { acquisitions, liveBytes, sizeClasses } = stats
  if (acquisitions < leastAcquires) return undefined
  const unused = sizeClasses.reduce(
    (sum, { total, peakInUse, bufferSize }) => sum + Math.max(0, total - keptFor(peakInUse)) * bufferSize,
    0
  )
  if (unused < leastReserveBytes || unused / liveBytes < worthwhile.reserve) return undefined
  const finding = `${inBytes(unused)} of ${inBytes(liveBytes)} belong to buffers that were never out, not even at the peak.`
  const [only] = sizeClasses
  if (sizeClasses.length === 1 && only !== undefined) {
    const initialSize = keptFor(only.peakInUse)
    const remedy = `Set initialSize to ${initialSize}: at most ${only.peakInUse} were out at once.`
    return { kind: 'reserve', figure: unused, finding, remedy, options: { initialSize } }
  }
  return {
    kind: 'reserve',
    figure: unused,
    finding,
    remedy: `Set initialSize to 0${warmCalls(
      ', and at the start call ',
      sizeClasses.filter(({ peakInUse }) => peakInUse > 0)
    )}.`,
    options: { initialSize: 0 }
  }
}

/** Acquires that allocated: while the pool grew, or since it gives up buffers that it needs again. */
function misses(stats: PoolStats): Recommendation | undefined {
  const { acquisitions, sizeClasses, trimmed, maxIdleBytes, maxLiveBytes } = stats
  const missed = sizeClasses.reduce((sum, one) => sum + one.misses, 0)
  if (acquisitions < leastAcquires || missed / acquisitions < worthwhile.misses) return undefined
  const grown = sizeClasses.reduce((sum, one) => sum + Math.min(one.misses, one.peakInUse), 0)
  const again = missed - grown
  const share = percent(missed / acquisitions)
  if (again <= grown) {
    const finding = `${share} of the acquires allocated, ${grown} of them while the pool grew to its peak.`
    const growing = sizeClasses.filter((one) => one.misses > 0)
    return { kind: 'warm', figure: grown, finding, remedy: `${warmCalls('At the start call ', growing)}.`, options: {} }
  }
  const finding = `${share} of the acquires allocated, ${again} of them what the pool had given up before.`
  const discards = sizeClasses.reduce((sum, one) => sum + one.discards, 0)
  if (discards >= trimmed) {
    const peakBytes = sizeClasses.reduce((sum, one) => sum + one.peakInUse * one.bufferSize, 0)
    const raised = Math.min(maxLiveBytes, Math.max(peakBytes, Math.ceil(maxIdleBytes * 1.25)))
    const remedy = `Raise maxIdleBytes from ${inBytes(maxIdleBytes)} to ${inBytes(raised)}: buffers came back, and there was no room to keep them.`
    return { kind: 'keep', figure: again, finding, remedy, options: { maxIdleBytes: raised } }
  }
  const remedy = 'Raise shrinkInterval above the time between two peaks, or initialSize to what a peak needs: the pool trims between them.'
  return { kind: 'keep', figure: again, finding, remedy, options: {} }
}

function nothing({ acquisitions, hitRatio }: PoolStats): Recommendation {
  const finding =
    acquisitions < leastAcquires
      ? `Only ${acquisitions} acquires so far, and nothing wrong with them.`
      : `${percent(hitRatio)} of ${acquisitions} acquires were served by a buffer that was there; none waits, and none was lost.`
  return { kind: 'nothing', figure: hitRatio, finding, remedy: 'Leave the pool as it is: there is nothing to gain.', options: {} }
}

/** As many as trimming keeps for such a peak. */
function keptFor(peak: number): number {
  return Math.ceil(peak * headroom)
}

function warmCalls(before: string, classes: readonly SizeClassStats[]): string {
  return classes.length === 0 ? '' : before + classes.map(({ peakInUse, bufferSize }) => `warm(${peakInUse}, ${bufferSize})`).join(', ')
}

function buffers(count: number): string {
  return count === 1 ? 'A buffer' : `${count} buffers`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function inBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
