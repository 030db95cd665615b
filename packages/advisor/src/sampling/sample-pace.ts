import type { ByteSampler } from './byte-sampler.js'

/** The share of the time that samples may take, as the clock shows it. The collector's work for them, and their use of the processor's cache, cost several times as much. */
const mostRatio = 0.001
/** Fewer samples say little about their cost. */
const samplesPerLook = 32
const mostMeanBytes = 2 ** 26

/**
 * Keeps samples cheap: a program that makes a GiB of Buffers each second would spend a tenth of its time on samples of 512 KiB. Where they take more than
 * their share, the mean distance doubles; where they take far less, it halves, down to the first one. Samples weigh what their distance was, so the
 * estimates stay right.
 */
export class SamplePace {
  readonly #sampler: ByteSampler
  readonly #leastMeanBytes: number
  #since = performance.now()
  #spentMs = 0
  #samples = 0

  /** @param sampler - whose present mean distance is the least */
  constructor(sampler: ByteSampler) {
    this.#sampler = sampler
    this.#leastMeanBytes = sampler.meanBytes
  }

  /**
   * Takes notice of a sample.
   * @param begin - when it was chosen, in terms of `performance.now()`
   * @param end - when it was booked
   */
  sampled(begin: number, end: number): void {
    this.#spentMs += end - begin
    if (++this.#samples < samplesPerLook) return
    const ratio = this.#spentMs / Math.max(end - this.#since, 0.001)
    const { meanBytes } = this.#sampler
    if (ratio > mostRatio) this.#sampler.meanBytes = Math.min(mostMeanBytes, meanBytes * 2)
    // Halving doubles the ratio, so a quarter leaves room.
    else if (ratio < mostRatio / 4) this.#sampler.meanBytes = Math.max(this.#leastMeanBytes, meanBytes / 2)
    this.#since = end
    this.#spentMs = 0
    this.#samples = 0
  }
}
