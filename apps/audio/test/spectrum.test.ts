import { expect, it } from 'vitest'
import { Spectrum } from '../src/spectrum.js'

it('gives a sine its amplitude and its place, between bins as well', () => {
  const spectrum = new Spectrum(2048)
  for (const bin of [10, 37.4, 500.25]) {
    spectrum.analyse((at) => 0.5 * Math.sin((2 * Math.PI * bin * at) / 2048))
    expect(spectrum.peakBin()).toBeCloseTo(bin, 0)
    expect(Math.max(...spectrum.magnitudes)).toBeGreaterThan(0.5 * 0.8)
    expect(Math.max(...spectrum.magnitudes)).toBeLessThan(0.5 * 1.01)
  }
})

it('equals the discrete Fourier transform by its definition', () => {
  const size = 64
  const samples = Array.from({ length: size }, (_, at) => Math.sin(at ** 1.5))
  const windowed = samples.map((sample, at) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size)))
  const magnitudes = new Spectrum(size).analyse((at) => samples[at] as number)
  for (let bin = 0; bin < size / 2; bin++) {
    const real = windowed.reduce((sum, sample, at) => sum + sample * Math.cos((2 * Math.PI * bin * at) / size), 0)
    const imaginary = windowed.reduce((sum, sample, at) => sum + sample * Math.sin((2 * Math.PI * bin * at) / size), 0)
    expect(magnitudes[bin]).toBeCloseTo((4 * Math.hypot(real, imaginary)) / size, 5)
  }
})
