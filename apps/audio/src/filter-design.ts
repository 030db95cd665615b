/** Taps of the filter: 128 reach down to some 700 Hz at 48 kHz. */
export const taps = 128

/**
 * A low-pass of linear phase: a sinc under Blackman's window (Oppenheim and Schafer, Discrete-Time Signal Processing), 1 at 0 Hz.
 * @param cutoffHz - where half the amplitude is left, above 0, below half of `sampleRate`
 * @param into - as many coefficients as it has elements
 */
export function designLowPass(cutoffHz: number, sampleRate: number, into: Float32Array): void {
  const last = into.length - 1
  const cutoff = (2 * cutoffHz) / sampleRate
  let sum = 0
  for (let at = 0; at <= last; at++) {
    const x = Math.PI * cutoff * (at - last / 2)
    const turn = (2 * Math.PI * at) / last
    const value = (x === 0 ? 1 : Math.sin(x) / x) * (0.42 - 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn))
    into[at] = value
    sum += value
  }
  for (let at = 0; at <= last; at++) into[at] = (into[at] as number) / sum
}
