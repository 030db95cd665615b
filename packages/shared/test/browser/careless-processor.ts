import { SharedPool, type SharedPoolToken } from '../../src/index.js'

declare const AudioWorkletProcessor: new () => { readonly port: MessagePort }
declare function registerProcessor(name: string, processor: unknown): void

/** Keeps a block; writes to another one after it was released; and then acquires once more. */
class Careless extends AudioWorkletProcessor {
  readonly #pool: SharedPool<Float32Array>
  #isDone = false

  constructor({ processorOptions }: { processorOptions: SharedPoolToken }) {
    super()
    this.#pool = SharedPool.attach<Float32Array>(processorOptions)
  }

  process(): boolean {
    if (this.#isDone) return true
    this.#isDone = true
    const kept = this.#pool.acquire()
    const released = this.#pool.acquire()
    const view = this.#pool.view(released)
    this.#pool.release(released)
    view[3] = 1
    this.#pool.release(this.#pool.acquire())
    this.port.postMessage(kept)
    return true
  }
}

registerProcessor('careless', Careless)
