import { bestSizes } from '@pool/core/recommend'
import type { Site } from '../profile.js'
import type { PoolPlan } from './advice.js'
import { leastPooledBytes } from './savings.js'

/** More classes save little, and each needs its own stock. */
const mostClasses = 4
const pageBytes = 4096
const mib = 2 ** 20
/** The load may grow: a bound that is reached makes callers wait. */
const room = 2
const least = { maxSize: 16, maxLiveBytes: 16 * mib }
const mostBuffers = 1024

/**
 * The options of a pool that serves `site`, some of whose buffers are large enough for one: sizes as they were asked for, bounds from the peaks.
 * @param peakBytes - the most memory of Buffers that the program had, dead ones with it: a pool of as much takes no more than before
 * @param beyondBytes - the bytes that the pool is asked for beyond each of the sizes: a class that just misses them would serve none
 */
export function poolPlan({ sizes, peakLive = 1, peakLiveBytes }: Site, peakBytes: number, beyondBytes = 0): PoolPlan {
  const asked = sizes.filter(({ bytes }) => bytes >= leastPooledBytes)
  const buckets = asked.map(({ bytes, count }) => ({
    largestBytes: bytes + beyondBytes,
    requests: count,
    totalBytes: (bytes + beyondBytes) * count
  }))
  const chosen = bestSizes(buckets, mostClasses, (bytes) => Math.ceil(bytes / pageBytes) * pageBytes).sizes
  const largest = chosen.at(-1) as number
  const peak = Math.max(1, Math.ceil(peakLive))
  // Each class gets as many at once, so only one that is alone is filled up to the peak.
  const initialSize = chosen.length === 1 && peakLiveBytes !== undefined ? peak : 0
  const liveBytes = Math.max(peakBytes, room * Math.max(peakLiveBytes ?? 0, largest * Math.max(1, initialSize)))
  const maxLiveBytes = Math.max(least.maxLiveBytes, 2 ** Math.ceil(Math.log2(liveBytes)))
  return {
    sizes: chosen,
    initialSize,
    maxSize: Math.max(least.maxSize, peak * room, Math.min(mostBuffers, Math.floor(maxLiveBytes / largest))),
    maxLiveBytes
  }
}

/**
 * `new SizeClassPool({ … })` with these options, as a statement.
 * @param zeroed - whether the buffers are to be zeroed, as the pool does by default
 */
export function poolStatement(variable: string, { sizes, initialSize, maxSize, maxLiveBytes }: PoolPlan, zeroed = false): string {
  const mibs = maxLiveBytes / mib
  return [
    `const ${variable} = new SizeClassPool({`,
    `  name: '${variable}',`,
    `  sizes: [${sizes.join(', ')}],`,
    ...(initialSize > 0 ? [`  initialSize: ${initialSize},`] : []),
    `  maxSize: ${maxSize},`,
    `  maxLiveBytes: ${mibs} * 1024 * 1024${zeroed ? '' : ','}`,
    ...(zeroed ? [] : ["  clear: 'never' // Each byte is written before it is read. Leave this out where buffers hold secrets."]),
    '})'
  ].join('\n')
}
