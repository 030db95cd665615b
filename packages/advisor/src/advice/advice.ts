import type { Recommendation } from '@pool/core/recommend'
import type { Maker, ProcessReading } from '../profile.js'
import type { Calibration } from './calibration.js'

/** A prediction, and what it may be instead. `low` ≤ `expected` ≤ `high`. */
export interface Estimate {
  /** What is saved at least, as far as this can be told. */
  readonly low: number
  /** What is most likely saved. */
  readonly expected: number
  /** What is saved at most. */
  readonly high: number
}

/** What a pool would have saved over the time of the profile. */
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

/** What to change in the program. */
export interface Change {
  /** The package to install beside `@pool/core`: `@pool/express`; or `@pool/core` itself. */
  readonly package: string
  /** What it exports for this: `pooledBody`. */
  readonly api: string
  /** What to do: a sentence or two. */
  readonly what: string
  /** The lines as they are now, or much like these. */
  readonly before: string
  /** The same lines with a pool. */
  readonly after: string
  /** The pool in these lines. */
  readonly pool: PoolPlan
}

/**
 * What is said of a site:
 *
 * | verdict | |
 * |---|---|
 * | `change` | a pool pays here; {@link SiteAdvice.change} says how |
 * | `out-of-reach` | a pool would pay here, but the code that makes the buffers takes none |
 * | `leave` | nothing to gain |
 */
export type Verdict = 'change' | 'out-of-reach' | 'leave'

/** What is said of a place where buffers are made. */
export interface SiteAdvice {
  /** For people: `node_modules/raw-body/index.js:286`. */
  readonly place: string
  /** What made the buffers. */
  readonly maker: Maker
  /** The library that made them: `raw-body via express`. */
  readonly library?: string
  /** Bytes made, estimated. */
  readonly bytes: number
  /** Buffers made, estimated. */
  readonly count: number
  /** Its share of all bytes that were seen, 0..1. */
  readonly bytesRatio: number
  /** What to do with it. */
  readonly verdict: Verdict
  /** Why: sentences. */
  readonly reason: string
  /** What to change; where the verdict is `change`. */
  readonly change?: Change
  /** What a pool saves here; where the verdict is `out-of-reach`, what it would save. Zeros where there is nothing to gain. */
  readonly savings: Savings
}

/** What is said of a pool that the program has already. */
export interface PoolAdvice {
  /** Its name. */
  readonly name: string
  /** What sort of pool. */
  readonly kind: string
  /** What core's `recommend()` says, the most urgent first. */
  readonly recommendations: readonly Recommendation[]
}

/** What the profile could not see. */
export interface Unseen {
  /** Share of all bytes, 0..1; absent where even that is unknown. */
  readonly bytesRatio?: number
  /** Sentences. */
  readonly reasons: readonly string[]
}

/** Where pooling pays in a program, and what it takes. JSON holds it. */
export interface Advice {
  /** Of this format. */
  readonly version: 1
  /** Whether there is anything to change: pools that exist are not meant. */
  readonly worthwhile: boolean
  /** The verdict on the whole program: sentences. */
  readonly summary: string
  /** Each site, by what is saved, the most first; then those out of reach; then the others by bytes. */
  readonly sites: readonly SiteAdvice[]
  /** What all changes save together. */
  readonly savings: Savings
  /** The pools that the program has. */
  readonly pools: readonly PoolAdvice[]
  /** What the profile could not see. */
  readonly unseen: Unseen
  /** What the process spent over the time of the profile. */
  readonly process: ProcessReading
  /** The time of the profile, ms. */
  readonly durationMs: number
  /** Node's version of the profiled process. */
  readonly node: string
  /** What memory costs on the machine that made the advice. */
  readonly calibration: Calibration
  /** Sentences on how far the figures go. */
  readonly notes: readonly string[]
}
