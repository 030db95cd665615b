import { designLowPass, taps } from './filter-design.js'

/** Samples that an AudioWorklet plays at a time. */
export const quantum = 128
/** Floats of a block: both channels of a quantum, one behind the other. */
export const blockFloats = 2 * quantum

/** How blocks travel from the worker to the audio thread. */
export const modes = ['pool', 'copy', 'none'] as const
/** `pool`: a shared pool; `copy`: messages with buffers that are used again; `none`: messages with new arrays. */
export type Mode = (typeof modes)[number]

/** The source of the sound. */
export const sources = ['tone', 'drums', 'file'] as const
/** `tone`: oscillators; `drums`: a loop made by code; `file`: a file that the user dropped. */
export type Source = (typeof sources)[number]

/** How many sets of coefficients there are: the audio thread reads one while the page writes the next. */
const coefficientSets = 8

/**
 * Where things lie in the memory's first page. The pool has the pages behind it.
 *
 *   1024 words │ 2048 floats, doubles │ 4096 sets of coefficients │ 8192 delay lines │ 10240 output │ 11264 a block for use without a pool
 */
export const address = { words: 1024, floats: 2048, doubles: 2304, coefficients: 4096, delay: 8192, output: 10_240, block: 11_264 } as const

/** Words, each below 2³⁰, by which the threads talk to each other. */
export const word = {
  mode: 0,
  source: 1,
  coefficientSet: 2,
  stuckId: 3,
  caughtId: 4,
  quanta: 5,
  underruns: 6,
  acquireTenthsNs: 7,
  ownerId: 8,
  ownerTurns: 9
} as const
/** Floats: volume now and volume to come, side by side for the kernel; the sliders. */
export const float = { volume: 0, volumeToCome: 1, frequencyHz: 2, tempoBpm: 3 } as const
/** Doubles: where the sound is. They outlive the worker that makes it. */
export const position = { cycles: 0, steps: 1, frames: 2 } as const

/** The first page of the shared memory, which every thread sees: sliders, counters, and how far the sound is. */
export class Deck {
  readonly words: Int32Array
  readonly floats: Float32Array
  readonly doubles: Float64Array

  constructor(readonly memory: WebAssembly.Memory) {
    this.words = new Int32Array(memory.buffer, address.words, 64)
    this.floats = new Float32Array(memory.buffer, address.floats, 16)
    this.doubles = new Float64Array(memory.buffer, address.doubles, 8)
  }

  /** Designs the low-pass into the set that is not in use, and lets the audio thread use it from its next quantum on. */
  setCutoff(cutoffHz: number, sampleRate: number): void {
    const set = (Atomics.load(this.words, word.coefficientSet) + 1) % coefficientSets
    designLowPass(cutoffHz, sampleRate, new Float32Array(this.memory.buffer, address.coefficients + set * taps * 4, taps))
    Atomics.store(this.words, word.coefficientSet, set)
  }
}
