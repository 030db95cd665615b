/** The kernel's filter in plain JavaScript, with the same arguments: what it must equal, and what it is measured against. */
export function referenceFilter(samples: Float32Array, coefficients: Float32Array, delay: Float32Array): void {
  const taps = coefficients.length
  delay.set(samples, taps)
  for (let at = 0; at < samples.length; at++) {
    let sum = 0
    for (let tap = 0; tap < taps; tap++) sum += (coefficients[tap] as number) * (delay[at + tap + 1] as number)
    samples[at] = sum
  }
  delay.copyWithin(0, samples.length)
}
