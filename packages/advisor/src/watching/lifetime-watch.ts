import type { SampledSite } from '../sampling/site-book.js'

/**
 * So many buffers are watched at a time. To watch each sample costs a program half of its speed and more: weak references keep
 * their buffers alive until the end of the turn, and add work to each collection.
 */
const mostWatched = 16
/**
 * And at most about this share of the samples is watched. Watched buffers outlive each collection of the young generation, for which weak references
 * are strong ones. Where a third of the buffers did so, the program would need fresh memory in their place.
 */
const watchedRatio = 1 / 8

interface Watched {
  readonly ref: WeakRef<object>
  readonly site: SampledSite
  readonly bytes: number
  readonly weight: number
  readonly born: number
}

/**
 * Tells which of the sampled buffers were dead at the first major collection after they were made. Of the samples between two collections it
 * watches 16 at most, each with the same chance (Vitter's algorithm R, 1985). It can say nothing finer: nothing is known to be
 * dead before a collection looks.
 */
export class LifetimeWatch {
  #watched: Watched[] = []
  #samples = 0
  #candidates = 0
  #random: () => number
  /** Buffers that were watched until a major collection. */
  judged = 0

  /** @param random - a number in 0..1, as `Math.random` */
  constructor(random: () => number) {
    this.#random = random
  }

  /**
   * Takes notice of a sample, and may watch it.
   * @param made - the buffer; of a part of a larger one, the part is watched
   * @param weight - how many buffers it stands for
   */
  add(made: Uint8Array | ArrayBuffer, site: SampledSite, weight: number): void {
    this.#samples++
    if (this.#random() >= watchedRatio) return
    this.#candidates++
    const at = this.#watched.length < mostWatched ? this.#watched.length : Math.floor(this.#random() * this.#candidates)
    if (at >= mostWatched) return
    // Views of it keep the memory alive when the first view is gone.
    const memory = ArrayBuffer.isView(made) && made.buffer.byteLength === made.byteLength ? made.buffer : made
    this.#watched[at] = { ref: new WeakRef(memory), site, bytes: made.byteLength, weight, born: performance.now() }
  }

  /**
   * Judges the buffers that were made before a major collection.
   * @param cutoff - when its marking began, in terms of `performance.now()`: buffers made later were kept even without a reference
   * @param mostBytes - of all Buffers after the collection: no more can have been alive
   */
  collected(cutoff: number, mostBytes: number): void {
    const judged = this.#watched.filter(({ born }) => born < cutoff)
    if (judged.length === 0) return
    // Those that are left began too late; they stay watched for the next collection.
    const scale = this.#samples / this.#watched.length
    this.#watched = this.#watched.filter(({ born }) => born >= cutoff)
    this.#candidates = this.#watched.length
    this.#samples = this.#watched.length / watchedRatio
    this.judged += judged.length
    const live = new Map<SampledSite, { watched: number; count: number; bytes: number }>()
    for (const { ref, site, bytes, weight } of judged) {
      site.lifetimes.watched++
      const sum = live.get(site) ?? { watched: 0, count: 0, bytes: 0 }
      live.set(site, sum)
      if (ref.deref() === undefined) {
        site.lifetimes.dead++
        continue
      }
      sum.watched++
      sum.count += weight * scale
      sum.bytes += weight * scale * bytes
    }
    const allBytes = [...live.values()].reduce((total, { bytes }) => total + bytes, 0)
    for (const [{ lifetimes }, { watched, count, bytes }] of live) {
      // The highest of several uncertain figures lies too high. One buffer that was found alive may be the only one; of nine, six are sure to stand for others.
      const sure = watched === 0 ? 0 : (1 - 1 / Math.sqrt(watched)) * Math.min(1, mostBytes / allBytes)
      lifetimes.peakLive = Math.max(lifetimes.peakLive, count * sure)
      lifetimes.peakLiveBytes = Math.max(lifetimes.peakLiveBytes, bytes * sure)
    }
  }
}
