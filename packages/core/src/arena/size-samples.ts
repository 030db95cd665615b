import type { SizeBucket, SizeHistogram } from '../interfaces/size-histogram.js'
import { partCount, partIndex } from './doubling-parts.js'
import type { FreeList } from './free-list.js'
import { ClassSamples, perWindow } from './free-list.js'

/** 32 buckets to the doubling. */
const bucketBits = 5
const bucketCount = partCount(bucketBits)
/** A bucket that has faded to fewer requests is emptied. */
const leastRequests = 0.5
const largestIndexed = 2 ** 31 - 1

/** Where classes are found, until they are hidden. */
export interface HidingTable {
  /** No longer finds a class. */
  hide(list: FreeList): void
  /** Finds it again. */
  show(list: FreeList): void
}

/**
 * The sizes that a pool was asked for, from samples. The hot path has not one instruction for it: while a class is to be sampled, the table
 * that finds it by size does not show it, so that its requests come the way of those above the largest class.
 *
 * A window begins with all classes hidden. Each shows up again once 32 of its requests have been noted; a class that is rarely asked for is
 * so seen in full. When the window ends, the samples of a class stand for all acquires that it had meanwhile.
 */
export class SizeSamples {
  readonly #lists: readonly FreeList[]
  readonly #oversize: FreeList
  readonly #table: HidingTable
  readonly #requests = new Float64Array(bucketCount)
  readonly #bytes = new Float64Array(bucketCount)
  readonly #largest = new Float64Array(bucketCount)
  #samples = 0

  /** Begins the first window. Each request above the largest class is noted, since it allocates in any case. */
  constructor(lists: readonly FreeList[], oversize: FreeList, table: HidingTable) {
    this.#lists = lists
    this.#oversize = oversize
    this.#table = table
    this.begin()
  }

  /** Begins a window, and discards the samples of the one under way: the classes have changed. */
  begin(): void {
    for (const list of this.#lists) this.#beginWindow(list, list.samples ?? new ClassSamples())
  }

  /** Halves the weight of all windows so far, so that new requests soon outweigh them. */
  fade(): void {
    this.#samples /= 2
    for (let index = 0; index < bucketCount; index++) {
      const requests = (this.#requests[index] as number) / 2
      const isGone = requests < leastRequests
      this.#requests[index] = isGone ? 0 : requests
      this.#bytes[index] = isGone ? 0 : (this.#bytes[index] as number) / 2
      if (isGone) this.#largest[index] = 0
    }
  }

  /** Notes a request of `bytes`, unless its class has enough of them. */
  add(list: FreeList, bytes: number): void {
    if (list === this.#oversize) {
      this.#count(bytes, 1)
      return
    }
    const samples = list.samples as ClassSamples
    if (samples.taken === perWindow) return
    samples.sizes[samples.taken++] = bytes
    if (samples.taken === perWindow) this.#table.show(list)
  }

  /** Ends the window, and begins the next. */
  nextWindow(): void {
    for (const list of this.#lists) {
      const samples = list.samples as ClassSamples
      const { taken, sizes, began } = samples
      // Refused requests are not among the acquires; where they outnumber those, each sample counts once.
      const stands = Math.max(1, (list.acquisitions - began) / taken)
      for (let index = 0; index < taken; index++) this.#count(sizes[index] as number, stands)
      if (taken > 0) this.#beginWindow(list, samples)
    }
  }

  #beginWindow(list: FreeList, samples: ClassSamples): void {
    samples.taken = 0
    samples.began = list.acquisitions
    list.samples = samples
    this.#table.hide(list)
  }

  #count(bytes: number, stands: number): void {
    const index = partIndex(Math.min(bytes, largestIndexed), bucketBits)
    this.#requests[index] = (this.#requests[index] as number) + stands
    this.#bytes[index] = (this.#bytes[index] as number) + stands * bytes
    if (bytes > (this.#largest[index] as number)) this.#largest[index] = bytes
    this.#samples++
  }

  /** The figures of all windows; the one under way ends. */
  read(): SizeHistogram {
    this.nextWindow()
    const buckets: SizeBucket[] = []
    let requests = 0
    let totalBytes = 0
    for (let index = 0; index < bucketCount; index++) {
      const bucket = {
        largestBytes: this.#largest[index] as number,
        requests: this.#requests[index] as number,
        totalBytes: this.#bytes[index] as number
      }
      if (bucket.requests === 0) continue
      buckets.push(Object.freeze(bucket))
      requests += bucket.requests
      totalBytes += bucket.totalBytes
    }
    const sizes = Object.freeze(this.#lists.map(({ bufferSize }) => bufferSize))
    return Object.freeze({ sizes, samples: this.#samples, requests, totalBytes, buckets: Object.freeze(buckets) })
  }
}
