import type { Recommendation } from '@pool/core/recommend'
import type { Maker, ProcessReading } from '../profile.js'
import type { Calibration } from './calibration.js'

/** A prediction with its range. `low` ≤ `expected` ≤ `high`. */
export interface Estimate {
  /** The least saving, as far as it can be predicted. */
  readonly low: number
  /** The most likely saving. */
  readonly expected: number
  /** The largest saving. */
  readonly high: number
}

/** The savings of a pool, had there been one over the time of the profile. */
export interface Savings {
  /** CPU time, ms. */
  readonly cpuMs: Estimate
  /** The same as a share of the CPU time of the process, 0..1. */
  readonly cpuRatio: Estimate
  /** Page faults that needed no disk. */
  readonly minorFaults: Estimate
  /** Major garbage collections. */
  readonly majorCollections: Estimate
  /** Off the highest resident memory, bytes. */
  readonly peakRssBytes: Estimate
}

/** Options of a `SizeClassPool`. */
export interface PoolPlan {
  /** Bytes of each class, ascending. */
  readonly sizes: readonly number[]
  /** Buffers of each class made at once. */
  readonly initialSize: number
  /** The most buffers of each class. */
  readonly maxSize: number
  /** The most bytes alive. */
  readonly maxLiveBytes: number
}

/** A change of the program. */
export interface Change {
  /** The package to install beside `@pool/core`: `@pool/express`; or `@pool/core` itself. */
  readonly package: string
  /** The export of the package to use: `pooledBody`. */
  readonly api: string
  /** The change in words: a sentence or two. */
  readonly what: string
  /** The lines as they are now, or much like these. */
  readonly before: string
  /** The same lines with a pool. */
  readonly after: string
  /** The pool in these lines. */
  readonly pool: PoolPlan
}

/**
 * The verdict on a site:
 *
 * | verdict | |
 * |---|---|
 * | `change` | a pool pays here; {@link SiteAdvice.change} says how |
 * | `out-of-reach` | a pool would pay here, but the code that makes the buffers takes none |
 * | `leave` | nothing to gain |
 */
export type Verdict = 'change' | 'out-of-reach' | 'leave'

/** The advice on a place where buffers are made. */
export interface SiteAdvice {
  /** For people: `node_modules/raw-body/index.js:286`. */
  readonly place: string
  /** The function that made the buffers. */
  readonly maker: Maker
  /** The library that made them: `raw-body via express`. */
  readonly library?: string
  /** Bytes made, estimated. */
  readonly bytes: number
  /** Buffers made, estimated. */
  readonly count: number
  /** Its share of all bytes that were seen, 0..1. */
  readonly bytesRatio: number
  /** The verdict on the site. */
  readonly verdict: Verdict
  /** Why: sentences. */
  readonly reason: string
  /** The change of the program; where the verdict is `change`. */
  readonly change?: Change
  /** The savings of a pool here; where the verdict is `out-of-reach`, those of a pool if the code took one. Zeros where there is nothing to gain. */
  readonly savings: Savings
}

/** The advice on a pool that the program has already. */
export interface PoolAdvice {
  /** Its name. */
  readonly name: string
  /** The kind of pool. */
  readonly kind: string
  /** The recommendations of core's `recommend()`, the most urgent first. */
  readonly recommendations: readonly Recommendation[]
}

/** The bytes that the profile could not see. */
export interface Unseen {
  /** Share of all bytes, 0..1; absent where even that is unknown. */
  readonly bytesRatio?: number
  /** Sentences. */
  readonly reasons: readonly string[]
}

/** The places where pooling pays in a program, and the changes that it takes. It can be written as JSON. */
export interface Advice {
  /** The version of this format. */
  readonly version: 1
  /** Whether there is anything to change: pools that exist are not meant. */
  readonly worthwhile: boolean
  /** The verdict on the whole program: sentences. */
  readonly summary: string
  /** Each site, by its savings, the largest first; then those out of reach; then the others by bytes. */
  readonly sites: readonly SiteAdvice[]
  /** The savings of all changes together. */
  readonly savings: Savings
  /** The pools that the program has. */
  readonly pools: readonly PoolAdvice[]
  /** The bytes that the profile could not see. */
  readonly unseen: Unseen
  /** The expense of the process over the time of the profile. */
  readonly process: ProcessReading
  /** The time of the profile, ms. */
  readonly durationMs: number
  /** Node's version of the profiled process. */
  readonly node: string
  /** The cost of memory on the machine that made the advice. */
  readonly calibration: Calibration
  /** Sentences on how far the figures go. */
  readonly notes: readonly string[]
}
