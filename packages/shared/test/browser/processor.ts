import { SharedPool, type SharedPoolToken } from '../../src/index.js'

declare const AudioWorkletProcessor: new () => object
declare function registerProcessor(name: string, processor: unknown): void

/** Receives blocks of samples on channel 0, and plays them. */
class Player extends AudioWorkletProcessor {
  readonly #pool: SharedPool<Float32Array>

  constructor({ processorOptions }: { processorOptions: SharedPoolToken }) {
    super()
    this.#pool = SharedPool.attach<Float32Array>(processorOptions)
    this.#pool.prewarm()
  }

  process(_: unknown, [[output]]: [[Float32Array]]): boolean {
    const handle = this.#pool.receive(0)
    if (handle < 0) return true
    output.set(this.#pool.view(handle))
    this.#pool.release(handle)
    return true
  }
}

registerProcessor('player', Player)
