import type { SampledSite } from '../sampling/site-book.js'

/** So many buffers are watched at a time. */
const mostWatched = 16

interface Watched {
  /** To the token of the buffer. */
  readonly token: WeakRef<object>
  readonly site: SampledSite
  readonly bytes: number
  readonly weight: number
  readonly born: number
}

/**
 * Tells which of the sampled buffers were dead at the first major collection after they were made. Of the samples between two collections it
 * watches 16 at most, each with the same chance (Vitter's algorithm R, 1985). It can say nothing finer: nothing is known to be
 * dead before a collection looks.
 *
 * A weak reference to a buffer would keep its memory through each collection of the young generation, for which weak references are strong ones. So a buffer
 * is the key of a `WeakMap`, which keeps no key, and the weak reference leads to its value, a token: the token dies in the first major collection after the buffer.
 */
export class LifetimeWatch {
  #watched: Watched[] = []
  /** The token of each buffer. */
  readonly #tokens = new WeakMap<object, object>()
  /** Since the last collection, and those of them that were made too late for it. */
  #samples = 0
  readonly #random: () => number
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
    const at = this.#watched.length < mostWatched ? this.#watched.length : Math.floor(this.#random() * this.#samples)
    if (at >= mostWatched) return
    // Views of it keep the memory alive when the first view is gone.
    const memory = ArrayBuffer.isView(made) && made.buffer.byteLength === made.byteLength ? made.buffer : made
    const token = this.#tokens.get(memory) ?? {}
    this.#tokens.set(memory, token)
    this.#watched[at] = { token: new WeakRef(token), site, bytes: made.byteLength, weight, born: performance.now() }
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
    this.#samples = this.#watched.length
    this.judged += judged.length
    const live = new Map<SampledSite, { watched: number; count: number; bytes: number }>()
    for (const { token, site, bytes, weight } of judged) {
      site.lifetimes.watched++
      const sum = live.get(site) ?? { watched: 0, count: 0, bytes: 0 }
      live.set(site, sum)
      if (token.deref() === undefined) {
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
