import { expect, it } from 'vitest'
import { ByteSampler } from '../../src/sampling/byte-sampler.js'

it('estimates bytes of small and of large buffers from the samples that it takes', () => {
  for (const bytes of [10, 500, 5000, 30_000]) {
    const sampler = new ByteSampler(1, 5000, 4711)
    // Some 4000 samples, whose error is 1.6 %.
    const buffers = Math.ceil(20_000_000 / bytes)
    let estimate = 0
    for (let made = 0; made < buffers; made++) if (sampler.take(0, bytes)) estimate += sampler.weight(bytes)
    expect(estimate / buffers).toBeGreaterThan(0.93)
    expect(estimate / buffers).toBeLessThan(1.07)
  }
})

it('counts each buffer exactly, by maker and doubling of size', () => {
  const sampler = new ByteSampler(3, 2 ** 19, 1)
  for (let bytes = 1025; bytes <= 2048; bytes++) sampler.take(2, bytes)
  expect(sampler.total(2, 11)).toEqual({ count: 1024, bytes: (1024 * (1025 + 2048)) / 2 })
  expect(sampler.total(2, 10)).toEqual({ count: 0, bytes: 0 })
  expect(sampler.total(1, 11)).toEqual({ count: 0, bytes: 0 })
})

it('leaves the numbers of Math.random alone, and repeats its choice with the same seed', () => {
  const random = Math.random
  Math.random = () => {
    throw new Error('called')
  }
  try {
    const choices = [7, 7, 8].map((seed) => {
      const sampler = new ByteSampler(1, 1024, seed)
      return Array.from({ length: 100 }, () => (sampler.take(0, 500) ? 1 : 0)).join('')
    })
    expect(choices[0]).toBe(choices[1])
    expect(choices[0]).not.toBe(choices[2])
  } finally {
    Math.random = random
  }
})
