import { strata, stratumOf } from './size-groups.js'

/** The largest doubling whose buffers share pages: 1 to 2 KiB. */
const largestSharing = stratumOf(2048)

/**
 * Chooses which buffers are looked at, as heap profilers do: each byte made has the same chance, so that the distances between samples are
 * exponential. Beside that it counts every buffer, by maker and doubling of size; these totals correct the estimates from the samples.
 */
export class ByteSampler {
  readonly #counts: Float64Array
  readonly #bytes: Float64Array
  #random: number
  #meanBytes: number
  #left: number

  /**
   * @param makers - how many makers there are
   * @param meanBytes - mean distance of two samples, bytes
   * @param seed - a whole number other than 0; the same one chooses the same samples
   */
  constructor(makers: number, meanBytes: number, seed: number) {
    this.#meanBytes = meanBytes
    this.#counts = new Float64Array(makers * strata)
    this.#bytes = new Float64Array(makers * strata)
    this.#random = seed | 0 || 1
    this.#left = this.#distance()
  }

  /** Mean distance of two samples, bytes. */
  get meanBytes(): number {
    return this.#meanBytes
  }

  set meanBytes(meanBytes: number) {
    // The rest of an exponential distance is exponential, too.
    this.#left *= meanBytes / this.#meanBytes
    this.#meanBytes = meanBytes
  }

  /** Counts a buffer of 1 byte or more, and returns whether it is to be looked at. Allocates nothing. */
  take(maker: number, bytes: number): boolean {
    const at = maker * strata + stratumOf(bytes)
    ;(this.#counts[at] as number)++
    ;(this.#bytes[at] as number) += bytes
    this.#left -= bytes
    if (this.#left > 0) return false
    this.#left = this.#distance()
    return true
  }

  /** How many buffers a sample of this size stands for: 1 by its chance of being chosen. */
  weight(bytes: number): number {
    return 1 / -Math.expm1(-bytes / this.#meanBytes)
  }

  /** Bytes made in all buffers, exactly. */
  get allBytes(): number {
    return this.#bytes.reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Bytes made in buffers of more than 2 KiB, which have pages of their own, exactly. */
  get largeBytes(): number {
    let sum = 0
    for (let at = 0; at < this.#bytes.length; at++) if (at % strata > largestSharing) sum += this.#bytes[at] as number
    return sum
  }

  /** Buffers and bytes that a maker made in a stratum, exactly. */
  total(maker: number, stratum: number): { readonly count: number; readonly bytes: number } {
    const at = maker * strata + stratum
    return { count: this.#counts[at] ?? 0, bytes: this.#bytes[at] ?? 0 }
  }

  /** A number in 0..1, from a generator of its own: a program that seeds `Math.random` must see the same numbers as without the sampler. */
  random(): number {
    let x = this.#random
    // Marsaglia's xorshift, 2003.
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#random = x
    return (x >>> 0) / 2 ** 32
  }

  #distance(): number {
    return -Math.log(this.random()) * this.#meanBytes
  }
}
