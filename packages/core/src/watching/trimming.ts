import type { FreeList } from '../arena/free-list.js'

/** How many idle buffers of a class are trimmed, given how hard memory is pressed. */
export type TrimmingCause = 'idle' | 'elevated' | 'critical'

/** Kept above the last interval's peak, so that a load which repeats with small differences finds its buffers. */
export const headroom = 1.25

/**
 * How many idle buffers of `list` the last interval shows to be too many.
 *
 * The use of an interval is its peak; the pool keeps that and a quarter more. It trims only when the peak was under
 * `threshold` of the buffers alive, and at most down to the reserve: a load that wavers around the edge trims nothing, and one that
 * ended is forgotten after the first interval without it.
 *
 * ```
 *   alive ████████████████████            shrinkThreshold 0.5
 *   peak  ███████ ─ ─ ─ ─ ─ ─ ┐ under half: trim to peak × 1.25
 *   then  █████████           ┘ peak is 80 % of it now: stays
 * ```
 */
export function excessOf(list: FreeList, threshold: number, cause: TrimmingCause): number {
  const peak = cause === 'critical' ? list.inUse : list.recentPeak
  if (cause === 'idle' && (list.total === 0 || peak / list.total >= threshold)) return 0
  const target = Math.max(list.reserve, cause === 'idle' ? Math.ceil(peak * headroom) : peak)
  return Math.min(list.free.length, Math.max(0, list.total - target))
}
