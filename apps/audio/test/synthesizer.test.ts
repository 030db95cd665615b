import { expect, it } from 'vitest'
import { blockFloats, Deck, float, position, quantum, type Source } from '../src/deck.js'
import { kernelMemory } from '../src/kernel/kernel.js'
import { Spectrum } from '../src/spectrum.js'
import { type Recording, synthesize } from '../src/synthesizer.js'

const sampleRate = 48_000

function deckAt(frequencyHz: number, tempoBpm = 120): Deck {
  const deck = new Deck(kernelMemory())
  deck.floats[float.frequencyHz] = frequencyHz
  deck.floats[float.tempoBpm] = tempoBpm
  return deck
}

/** The left channel of as many blocks. Each other block is made through another deck over the same memory, as by another worker. */
function leftOf(source: Source, deck: Deck, blocks: number, recording?: Recording): Float32Array {
  const samples = new Float32Array(blocks * quantum)
  const block = new Float32Array(blockFloats)
  for (let at = 0; at < blocks; at++) {
    synthesize(source, at % 2 === 0 ? deck : new Deck(deck.memory), sampleRate, block, recording)
    samples.set(block.subarray(0, quantum), at * quantum)
  }
  return samples
}

it.each([110, 440, 880])('makes a tone of %i Hz', (hz) => {
  const samples = leftOf('tone', deckAt(hz), 64)
  const spectrum = new Spectrum(8192)
  spectrum.analyse((at) => samples[at] as number)
  const found = (spectrum.peakBin() * sampleRate) / 8192
  expect(Math.abs(found / hz - 1)).toBeLessThan(0.02)
})

it('goes on from block to block, whichever worker makes them', () => {
  const deck = deckAt(220)
  const samples = leftOf('tone', deck, 40)
  const cycles = deck.doubles[position.cycles] as number
  expect(cycles).toBeCloseTo((40 * quantum * 220) / sampleRate, 9)
  const again = leftOf('tone', deckAt(220), 40)
  expect(again).toEqual(samples)
})

it('repeats the drum loop after a bar, within what can be played', () => {
  const samples = leftOf('drums', deckAt(220, 120), 1500)
  const bar = 2 * sampleRate
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  expect(loudest).toBeGreaterThan(0.5)
  expect(loudest).toBeLessThanOrEqual(1)
  const energy = (from: number) => samples.slice(from, from + 2400).reduce((sum, sample) => sum + sample * sample, 0)
  expect(energy(bar) / energy(0)).toBeCloseTo(1, 1)
})

it('plays a recording round and round, and silence without one', () => {
  const frames = 100
  const samples = Float32Array.from({ length: 2 * frames }, (_, at) => at)
  const left = leftOf('file', deckAt(220), 4, { samples, frames })
  expect([...left]).toEqual(Array.from({ length: 4 * quantum }, (_, at) => at % frames))
  expect(leftOf('file', deckAt(220), 1).every((sample) => sample === 0)).toBe(true)
})
