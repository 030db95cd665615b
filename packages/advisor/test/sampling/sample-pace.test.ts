import { expect, it } from 'vitest'
import { ByteSampler } from '../../src/sampling/byte-sampler.js'
import { SamplePace } from '../../src/sampling/sample-pace.js'

const kib = 1024

/** Samples of `costMs` each, one in `everyMs`. */
function sample(pace: SamplePace, from: number, count: number, costMs: number, everyMs: number): number {
  let now = from
  for (let taken = 0; taken < count; taken++) {
    now += everyMs
    pace.sampled(now - costMs, now)
  }
  return now
}

it('takes samples at a larger distance while they take more than their share of the time, and comes back', () => {
  const sampler = new ByteSampler(1, 512 * kib, 7)
  const pace = new SamplePace(sampler)
  // A tenth of the time, and then a twentieth.
  let now = sample(pace, performance.now(), 64, 0.02, 0.2)
  expect(sampler.meanBytes).toBe(2048 * kib)
  // Within their share, and more than a quarter of it.
  now = sample(pace, now, 320, 0.02, 40)
  expect(sampler.meanBytes).toBe(2048 * kib)
  now = sample(pace, now, 320, 0.02, 200)
  expect(sampler.meanBytes).toBe(512 * kib)
  sample(pace, now, 3200, 0.02, 0.02)
  expect(sampler.meanBytes).toBe(2 ** 26)
})

it('estimates the same bytes, however the distance changes', () => {
  const sampler = new ByteSampler(1, 512 * kib, 7)
  let [estimate, made] = [0, 0]
  for (let turn = 0; turn < 400_000; turn++) {
    if (turn % 100 === 0) sampler.meanBytes = 512 * kib * 2 ** (Math.floor(turn / 100) % 3)
    made += 64 * kib
    if (sampler.take(0, 64 * kib)) estimate += sampler.weight(64 * kib) * 64 * kib
  }
  expect(sampler.allBytes).toBe(made)
  expect(estimate / made).toBeGreaterThan(0.97)
  expect(estimate / made).toBeLessThan(1.03)
})
