import { beforeAll, expect, it } from 'vitest'
import { designLowPass } from '../../src/filter-design.js'
import { compileKernel } from '../../src/kernel/compile.js'
import { type Kernel, kernelMemory, kernelOver } from '../../src/kernel/kernel.js'
import { referenceFilter } from '../support/reference-filter.js'

const at = { samples: 1024, coefficients: 4096, delay: 8192, volume: 512, output: 16_384 }
let module: WebAssembly.Module
let memory: WebAssembly.Memory
let kernel: Kernel

beforeAll(async () => {
  module = new WebAssembly.Module(await compileKernel(new URL('../../src/kernel/filter.as.ts', import.meta.url).pathname))
  memory = kernelMemory()
  kernel = kernelOver(module, memory)
})

function floats(address: number, length: number): Float32Array {
  return new Float32Array(memory.buffer, address, length)
}

it.each([64, 128])('filters quantum after quantum as plain JavaScript does, with %i taps', (taps) => {
  const coefficients = floats(at.coefficients, taps)
  designLowPass(3000, 48_000, coefficients)
  floats(at.delay, taps + 128).fill(0)
  const delay = new Float32Array(taps + 128)
  const samples = floats(at.samples, 128)
  for (let round = 0; round < 5; round++) {
    for (let place = 0; place < 128; place++) samples[place] = Math.sin((round * 128 + place) ** 1.7)
    const expected = samples.slice()
    referenceFilter(expected, coefficients, delay)
    kernel.filter(at.samples, at.coefficients, taps, at.delay)
    for (let place = 0; place < 128; place++) expect(Math.abs((samples[place] as number) - (expected[place] as number))).toBeLessThan(2e-6)
  }
})

it('writes both channels to the output and to the block, and moves the volume without a jump', () => {
  const taps = 64
  floats(at.coefficients, taps).fill(0)
  floats(at.coefficients, taps)[taps - 1] = 1
  floats(at.delay, 2 * (taps + 128)).fill(0)
  floats(at.volume, 2).set([0, 1])
  let last = 0
  for (let round = 0; round < 60; round++) {
    floats(at.samples, 128).fill(0.5)
    floats(at.samples + 512, 128).fill(-0.25)
    kernel.play(at.samples, at.coefficients, taps, at.delay, at.volume, at.output)
    const output = floats(at.output, 256)
    expect(floats(at.samples, 256)).toEqual(output)
    for (let place = 0; place < 128; place++) {
      expect(output[place] as number).toBeGreaterThanOrEqual(last - 1e-6)
      expect((output[place] as number) - last).toBeLessThan(0.001)
      expect(output[place + 128] as number).toBeCloseTo(-(output[place] as number) / 2, 6)
      last = output[place] as number
    }
  }
  expect(last).toBeCloseTo(0.5, 3)
})

it('does not compile what is not AssemblyScript', async () => {
  await expect(compileKernel(import.meta.filename)).rejects.toThrow('does not compile')
})
