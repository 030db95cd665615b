import { SharedPool } from '@pool/shared'
import { designLowPass } from '../../src/filter-design.js'
import filterBytes from '../../src/kernel/filter.as.ts?bytes'
import { kernelMemory, kernelOver } from '../../src/kernel/kernel.js'
import { referenceFilter } from '../../test/support/reference-filter.js'
import type { BusyStart } from './busy-worker.js'
import type { TimingOptions } from './timing-worklet.js'
import workletUrl from './timing-worklet.ts?worker&url'

/** Quantiles of how long one acquire or release took, in ns. */
export interface Quantiles {
  readonly p50: number
  readonly p999: number
  readonly p9999: number
  readonly samples: number
}

const sampleRate = 48_000
const quantum = 128
const taps = 64
/** Ticks of some nanoseconds each: up to a millisecond at least. */
const buckets = 2 ** 18

/** What the command calls in this page. */
export const measurements = { offline, contended, filters }
Object.assign(globalThis, { measurements })

/** Acquire + release in an AudioWorklet, rendered offline, less a run that does nothing: ns, the medians of each, run in turn. */
async function offline(rounds: number): Promise<{ readonly ns: number; readonly rounds: number[] }> {
  // So many that the first of them, which the browser interprets, do not count.
  const [pairs, quanta] = [2000, 4000]
  const differences: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const full = await render({ pairs, empty: false }, quanta)
    const empty = await render({ pairs, empty: true }, quanta)
    if (round > 0) differences.push(((full - empty) * 1e6) / (pairs * quanta))
  }
  differences.sort((a, b) => a - b)
  return { ns: differences[Math.floor(differences.length / 2)] as number, rounds: differences }
}

async function render(what: { readonly pairs: number; readonly empty: boolean }, quanta: number): Promise<number> {
  const pool = SharedPool.create({ type: Float32Array, shape: 2 * quantum, blocks: 1024, threads: 4 })
  const context = new OfflineAudioContext(1, quanta * quantum, sampleRate)
  await context.audioWorklet.addModule(workletUrl)
  const processorOptions: TimingOptions = { kind: 'pairs', token: pool.token(), ...what }
  new AudioWorkletNode(context, 'pairs', { numberOfInputs: 0, processorOptions }).connect(context.destination)
  const before = performance.now()
  await context.startRendering()
  return performance.now() - before
}

/** Single acquires and releases in real time, while two workers do the same without a pause; beside it, as many times nothing. */
async function contended(seconds: number): Promise<{ readonly pooled: Quantiles; readonly control: Quantiles; readonly tickNs: number }> {
  const pool = SharedPool.create({ type: Float32Array, shape: 2 * quantum, blocks: 1024, threads: 8 })
  const [clock, pooled, control] = [sharedWords(1), sharedWords(buckets), sharedWords(buckets)]
  const context = new AudioContext()
  await context.audioWorklet.addModule(workletUrl)
  const starts: BusyStart[] = [{ clock }, { token: pool.token() }, { token: pool.token() }]
  const workers = await Promise.all(starts.map(busy))
  const processorOptions: TimingOptions = { kind: 'timed', token: pool.token(), clock, pooled, control }
  new AudioWorkletNode(context, 'timed', { numberOfInputs: 0, processorOptions }).connect(context.destination)
  await context.resume()
  await sleep(2000)
  // The code is warm now.
  pooled.fill(0)
  control.fill(0)
  const began = performance.now()
  let ticks = 0
  for (let last = Atomics.load(clock, 0); performance.now() - began < seconds * 1000; ) {
    await sleep(100)
    const now = Atomics.load(clock, 0)
    ticks += (now - last) & (2 ** 29 - 1)
    last = now
  }
  const tickNs = ((performance.now() - began) * 1e6) / ticks
  await context.close()
  for (const worker of workers) worker.terminate()
  return { pooled: quantiles(pooled, tickNs), control: quantiles(control, tickNs), tickNs }
}

/** The filter of 64 taps on a quantum, in WebAssembly with SIMD and in JavaScript, in turn: µs, medians. */
function filters(rounds: number): {
  readonly wasmUs: number
  readonly scriptUs: number
  readonly ratio: number
  readonly difference: number
} {
  const memory = kernelMemory()
  const kernel = kernelOver(new WebAssembly.Module(filterBytes), memory)
  const [samplesAt, coefficientsAt, delayAt] = [1024, 4096, 8192]
  const samples = new Float32Array(memory.buffer, samplesAt, quantum)
  const coefficients = new Float32Array(memory.buffer, coefficientsAt, taps)
  designLowPass(4000, sampleRate, coefficients)
  // Plain arrays for the script: shared memory is not its handicap.
  const [own, ownCoefficients, delay] = [new Float32Array(quantum), coefficients.slice(), new Float32Array(taps + quantum)]
  const input = Float32Array.from({ length: quantum }, (_, at) => Math.sin(at ** 1.7))
  samples.set(input)
  own.set(input)
  kernel.filter(samplesAt, coefficientsAt, taps, delayAt)
  referenceFilter(own, ownCoefficients, delay)
  const difference = Math.max(...samples.map((sample, at) => Math.abs(sample - (own[at] as number))))
  const [wasm, script, ratios]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round <= rounds; round++) {
    const a = timeEach(20_000, () => {
      samples.set(input)
      kernel.filter(samplesAt, coefficientsAt, taps, delayAt)
    })
    const b = timeEach(4000, () => {
      own.set(input)
      referenceFilter(own, ownCoefficients, delay)
    })
    if (round === 0) continue
    wasm.push(a)
    script.push(b)
    ratios.push(b / a)
  }
  return { wasmUs: middle(wasm), scriptUs: middle(script), ratio: middle(ratios), difference }
}

function timeEach(times: number, work: () => void): number {
  const before = performance.now()
  for (let count = 0; count < times; count++) work()
  return ((performance.now() - before) * 1000) / times
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number
}

function quantiles(histogram: Int32Array, tickNs: number): Quantiles {
  const samples = histogram.reduce((sum, count) => sum + count, 0)
  const at = (share: number) => {
    let left = samples * share
    const ticks = histogram.findIndex((count) => {
      left -= count
      return left <= 0
    })
    return ticks * tickNs
  }
  return { p50: at(0.5), p999: at(0.999), p9999: at(0.9999), samples }
}

function sharedWords(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4))
}

function busy(start: BusyStart): Promise<Worker> {
  const worker = new Worker(new URL('./busy-worker.ts', import.meta.url), { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve(worker)
    worker.onerror = ({ message }) => reject(new Error(message))
    worker.postMessage(start)
  })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
