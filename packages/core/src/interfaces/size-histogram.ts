/** Requests of nearly the same size. */
export interface SizeBucket {
  /** The largest of them, in bytes. The smallest is less than a 32nd below it, or that size alone up to 32 bytes. */
  readonly largestBytes: number
  /** Requests of these sizes. */
  readonly requests: number
  /** Bytes that they asked for, all together. */
  readonly totalBytes: number
}

/**
 * Which sizes callers ask a pool for, estimated from samples: the first 32 requests of each size class in each window stand for all that the
 * class served in it. A window lasts from one look of the pool at its figures to the next: one interval of trimming, or less where the
 * histogram is read meanwhile.
 */
export interface SizeHistogram {
  /** The pool's size classes now, in bytes, ascending. */
  readonly sizes: readonly number[]
  /** Requests that were looked at. */
  readonly samples: number
  /** Requests that these stand for, refused ones among them. */
  readonly requests: number
  /** Bytes that those asked for. */
  readonly totalBytes: number
  /** The sizes, ascending; none that was not asked for. */
  readonly buckets: readonly SizeBucket[]
}

/** A pool that knows which sizes it is asked for. */
export interface SizeHistogramSource {
  /** Which sizes it was asked for, made on each call. The hot path pays nothing for it. */
  requestedSizes(): SizeHistogram
}
