import { SharedPool, type SharedPoolToken } from '@pool/shared'

/** What to do in each quantum. */
export type TimingOptions =
  | { readonly kind: 'pairs'; readonly token: SharedPoolToken; readonly pairs: number; readonly empty: boolean }
  | {
      readonly kind: 'timed'
      readonly token: SharedPoolToken
      readonly clock: Int32Array
      readonly pooled: Int32Array
      readonly control: Int32Array
    }

declare const AudioWorkletProcessor: new () => object
declare function registerProcessor(name: string, processor: unknown): void

const burst = 24

/** Acquires and releases, `pairs` times in a quantum; or runs the same loop with nothing in it. */
class Pairs extends AudioWorkletProcessor {
  readonly #pool: SharedPool
  readonly #pairs: number
  readonly #empty: boolean

  constructor({ processorOptions }: { readonly processorOptions: Extract<TimingOptions, { kind: 'pairs' }> }) {
    super()
    this.#pool = SharedPool.attach(processorOptions.token)
    this.#pairs = processorOptions.pairs
    this.#empty = processorOptions.empty
  }

  process(): boolean {
    if (this.#empty) return true
    const pool = this.#pool
    for (let count = 0; count < this.#pairs; count++) pool.release(pool.acquire())
    return true
  }
}

/** Times each of 24 acquires and 24 releases, and as many times nothing, by a clock that another thread drives. */
class Timed extends AudioWorkletProcessor {
  readonly #pool: SharedPool
  readonly #clock: Int32Array
  readonly #pooled: Int32Array
  readonly #control: Int32Array
  readonly #held = new Int32Array(burst)

  constructor({ processorOptions }: { readonly processorOptions: Extract<TimingOptions, { kind: 'timed' }> }) {
    super()
    this.#pool = SharedPool.attach(processorOptions.token)
    this.#clock = processorOptions.clock
    this.#pooled = processorOptions.pooled
    this.#control = processorOptions.control
  }

  process(): boolean {
    const [pool, held] = [this.#pool, this.#held]
    for (let at = 0; at < burst; at++) {
      const before = Atomics.load(this.#clock, 0)
      held[at] = pool.acquire()
      this.#note(this.#pooled, before)
    }
    for (let at = 0; at < burst; at++) {
      const handle = held[at] as number
      const before = Atomics.load(this.#clock, 0)
      if (handle >= 0) pool.release(handle)
      this.#note(this.#pooled, before)
    }
    for (let at = 0; at < 2 * burst; at++) this.#note(this.#control, Atomics.load(this.#clock, 0))
    return true
  }

  #note(histogram: Int32Array, before: number): void {
    const ticks = (Atomics.load(this.#clock, 0) - before) & (2 ** 29 - 1)
    const at = Math.min(ticks, histogram.length - 1)
    histogram[at] = (histogram[at] as number) + 1
  }
}

registerProcessor('pairs', Pairs)
registerProcessor('timed', Timed)
