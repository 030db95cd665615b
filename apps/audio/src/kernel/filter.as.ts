// AssemblyScript, not TypeScript: the build compiles it to WebAssembly with SIMD. It allocates nothing; each address is the caller's.

const QUANTUM_BYTES: usize = 512

/**
 * A filter with a finite impulse response, over one quantum of 128 samples, in place.
 *
 *   delay     │ the last `taps` samples │ 128 new samples │      output i is the dot product with the samples i + 1 … i + taps
 *
 * @param samples - address of 128 floats
 * @param coefficients - address of `taps` floats, the one for the oldest sample first
 * @param taps - a multiple of 4
 * @param delay - address of taps + 128 floats, kept from quantum to quantum
 */
export function filter(samples: usize, coefficients: usize, taps: usize, delay: usize): void {
  const tapBytes = taps << 2
  memory.copy(delay + tapBytes, samples, QUANTUM_BYTES)
  for (let at: usize = 0; at < QUANTUM_BYTES; at += 64) {
    let a = f32x4.splat(0)
    let b = f32x4.splat(0)
    let c = f32x4.splat(0)
    let d = f32x4.splat(0)
    let window = delay + at + 4
    for (let tap: usize = 0; tap < tapBytes; tap += 4) {
      const coefficient = v128.load32_splat(coefficients + tap)
      a = f32x4.add(a, f32x4.mul(coefficient, v128.load(window)))
      b = f32x4.add(b, f32x4.mul(coefficient, v128.load(window, 16)))
      c = f32x4.add(c, f32x4.mul(coefficient, v128.load(window, 32)))
      d = f32x4.add(d, f32x4.mul(coefficient, v128.load(window, 48)))
      window += 4
    }
    v128.store(samples + at, a)
    v128.store(samples + at, b, 16)
    v128.store(samples + at, c, 32)
    v128.store(samples + at, d, 48)
  }
  memory.copy(delay, delay + QUANTUM_BYTES, tapBytes)
}

/**
 * Filters both channels of a block in place, applies the volume, and writes the result to `output` as well.
 *
 * @param block - address of 2 × 128 floats
 * @param delay - address of 2 × (taps + 128) floats
 * @param volume - address of two floats: the volume now, and the one to move to; each quantum covers an eighth of the way
 */
export function play(block: usize, coefficients: usize, taps: usize, delay: usize, volume: usize, output: usize): void {
  filter(block, coefficients, taps, delay)
  filter(block + QUANTUM_BYTES, coefficients, taps, delay + (taps << 2) + QUANTUM_BYTES)
  const from = load<f32>(volume)
  const to = from + (load<f32>(volume, 4) - from) * 0.125
  store<f32>(volume, to)
  const step = (to - from) / 128
  for (let channel: usize = 0; channel < 2; channel++) {
    const first = channel * QUANTUM_BYTES
    let gain = f32x4.add(f32x4.splat(from), f32x4.mul(f32x4.splat(step), f32x4(1, 2, 3, 4)))
    for (let at: usize = first; at < first + QUANTUM_BYTES; at += 16) {
      const sample = f32x4.mul(v128.load(block + at), gain)
      v128.store(block + at, sample)
      v128.store(output + at, sample)
      gain = f32x4.add(gain, f32x4.splat(step * 4))
    }
  }
}
