/**
 * Magnitudes of a real signal, by a fast Fourier transform of radix 2 (Cooley and Tukey 1965) under Hann's window.
 * A sine of amplitude 1 in the middle of a bin gives 1 there.
 */
export class Spectrum {
  readonly size: number
  /** Of each bin: bin k stands for k × sample rate ÷ size Hz. */
  readonly magnitudes: Float32Array
  readonly #real: Float64Array
  readonly #imaginary: Float64Array
  readonly #window: Float64Array
  readonly #cosines: Float64Array
  readonly #sines: Float64Array

  /** @param size - samples, a power of two */
  constructor(size: number) {
    this.size = size
    this.magnitudes = new Float32Array(size / 2)
    this.#real = new Float64Array(size)
    this.#imaginary = new Float64Array(size)
    this.#window = Float64Array.from({ length: size }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size))
    this.#cosines = Float64Array.from({ length: size / 2 }, (_, at) => Math.cos((2 * Math.PI * at) / size))
    this.#sines = Float64Array.from({ length: size / 2 }, (_, at) => -Math.sin((2 * Math.PI * at) / size))
  }

  /** Analyses `sampleAt(0)` to `sampleAt(size - 1)`. */
  analyse(sampleAt: (at: number) => number): Float32Array {
    const bits = Math.log2(this.size)
    for (let at = 0; at < this.size; at++) {
      let reversed = 0
      for (let bit = 0; bit < bits; bit++) reversed |= ((at >> bit) & 1) << (bits - 1 - bit)
      this.#real[reversed] = sampleAt(at) * (this.#window[at] as number)
      this.#imaginary[reversed] = 0
    }
    for (let half = 1; half < this.size; half *= 2) this.#combine(half)
    for (let bin = 0; bin < this.magnitudes.length; bin++) {
      this.magnitudes[bin] = (4 * Math.hypot(this.#real[bin] as number, this.#imaginary[bin] as number)) / this.size
    }
    return this.magnitudes
  }

  /** The bin that is loudest, refined to parts of one by a parabola through its neighbours. */
  peakBin(): number {
    let peak = 1
    for (let bin = 2; bin < this.magnitudes.length - 1; bin++) {
      if ((this.magnitudes[bin] as number) > (this.magnitudes[peak] as number)) peak = bin
    }
    const [before, at, after] = [this.magnitudes[peak - 1], this.magnitudes[peak], this.magnitudes[peak + 1]] as [number, number, number]
    const bend = before - 2 * at + after
    return bend === 0 ? peak : peak + (0.5 * (before - after)) / bend
  }

  /** One stage: pairs of transforms of `half` points become transforms of twice as many. */
  #combine(half: number): void {
    const [real, imaginary] = [this.#real, this.#imaginary]
    const stride = this.size / (2 * half)
    for (let first = 0; first < this.size; first += 2 * half) {
      for (let at = 0; at < half; at++) {
        const [low, high] = [first + at, first + at + half]
        const [cosine, sine] = [this.#cosines[at * stride] as number, this.#sines[at * stride] as number]
        const turnedReal = (real[high] as number) * cosine - (imaginary[high] as number) * sine
        const turnedImaginary = (real[high] as number) * sine + (imaginary[high] as number) * cosine
        real[high] = (real[low] as number) - turnedReal
        imaginary[high] = (imaginary[low] as number) - turnedImaginary
        real[low] = (real[low] as number) + turnedReal
        imaginary[low] = (imaginary[low] as number) + turnedImaginary
      }
    }
  }
}
