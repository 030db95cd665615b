import { SharedPool, type SharedPoolToken } from '../../src/index.js'

declare const AudioWorkletProcessor: new () => { readonly port: MessagePort }
declare function registerProcessor(name: string, processor: unknown): void

/** Receives blocks of samples on channel 0, and plays them. Its token comes with its options, or where that must be transferred by a message. */
class Player extends AudioWorkletProcessor {
  #pool: SharedPool<Float32Array> | undefined

  constructor({ processorOptions }: { processorOptions?: SharedPoolToken }) {
    super()
    if (processorOptions) this.#join(processorOptions)
    else this.port.onmessage = ({ data }) => this.#join(data)
  }

  #join(token: SharedPoolToken): void {
    this.#pool = SharedPool.attach<Float32Array>(token)
    this.#pool.prewarm()
  }

  process(_: unknown, [[output]]: [[Float32Array]]): boolean {
    const pool = this.#pool
    const handle = pool === undefined ? -1 : pool.receive(0)
    if (pool === undefined || handle < 0) return true
    output.set(pool.view(handle))
    pool.release(handle)
    return true
  }
}

registerProcessor('player', Player)
