import { expect, it } from 'vitest'
import { designLowPass, taps } from '../src/filter-design.js'

function gainAt(hz: number, sampleRate: number, coefficients: Float32Array): number {
  let [real, imaginary] = [0, 0]
  for (const [at, coefficient] of coefficients.entries()) {
    real += coefficient * Math.cos((2 * Math.PI * hz * at) / sampleRate)
    imaginary += coefficient * Math.sin((2 * Math.PI * hz * at) / sampleRate)
  }
  return Math.hypot(real, imaginary)
}

it.each([1500, 4000, 12_000])('passes what is below %i Hz, halves what is there, and stops what is above', (cutoffHz) => {
  const coefficients = new Float32Array(taps)
  designLowPass(cutoffHz, 48_000, coefficients)
  expect(gainAt(0, 48_000, coefficients)).toBeCloseTo(1, 5)
  expect(gainAt(cutoffHz, 48_000, coefficients)).toBeCloseTo(0.5, 1)
  expect(gainAt(cutoffHz + 1500, 48_000, coefficients)).toBeLessThan(0.001)
})

it('delays all frequencies alike: the coefficients are symmetric', () => {
  const coefficients = new Float32Array(taps)
  designLowPass(2500, 44_100, coefficients)
  expect(coefficients.toReversed()).toEqual(coefficients)
})
