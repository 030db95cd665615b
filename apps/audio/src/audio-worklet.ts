import { SharedPool, type SharedPoolToken } from '@pool/shared'
import { channel } from './channels.js'
import { address, blockFloats, Deck, quantum, word } from './deck.js'
import { taps } from './filter-design.js'
import { type Kernel, kernelOver } from './kernel/kernel.js'

/** Options of the processor. */
export interface PlayerOptions {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly token: SharedPoolToken
}

/** Messages to the processor: ends of links, one to each worker in turn and one to the scope. */
export type PlayerOrder = { readonly synth: MessagePort } | { readonly scope: MessagePort }

/** Blocks that came by message, and where they came from. */
interface Message {
  readonly samples: Float32Array<ArrayBuffer>
  readonly from: MessagePort
}

declare const AudioWorkletProcessor: new () => { readonly port: MessagePort }
declare function registerProcessor(name: string, processor: unknown): void

/**
 * Plays blocks: from the pool's channel, which allocates nothing, and once that is empty, from messages.
 *
 *   channel 0 → receive → filter and volume, in place → output → channel 1, to the scope; back to the pool where the scope is behind
 */
class Player extends AudioWorkletProcessor {
  readonly #pool: SharedPool<Float32Array>
  readonly #deck: Deck
  readonly #kernel: Kernel
  readonly #left: Float32Array
  readonly #right: Float32Array
  readonly #scratch: Float32Array
  /** Messages not played yet. */
  readonly #queue: Message[] = []
  #played = 0
  #scope: MessagePort | undefined
  #began = false

  constructor({ processorOptions }: { readonly processorOptions: PlayerOptions }) {
    super()
    const { module, memory, token } = processorOptions
    this.#pool = SharedPool.attach<Float32Array>(token)
    this.port.postMessage(this.#pool.seat)
    this.#deck = new Deck(memory)
    this.#kernel = kernelOver(module, memory)
    this.#left = new Float32Array(memory.buffer, address.output, quantum)
    this.#right = new Float32Array(memory.buffer, address.output + quantum * 4, quantum)
    this.#scratch = new Float32Array(memory.buffer, address.block, blockFloats)
    this.port.onmessage = ({ data }: MessageEvent<PlayerOrder>) => {
      if ('scope' in data) this.#scope = data.scope
      else
        data.synth.onmessage = ({ data: samples }: MessageEvent<Float32Array<ArrayBuffer>>) =>
          void this.#queue.push({ samples, from: data.synth })
    }
  }

  process(_: unknown, outputs: Float32Array[][]): boolean {
    const output = outputs[0] as Float32Array[]
    const { words } = this.#deck
    const handle = this.#pool.receive(channel.toAudio)
    if (handle >= 0) {
      this.#play(this.#pool.offset(handle), output)
      if (!this.#pool.send(channel.toScope, handle)) this.#pool.release(handle)
    } else if (this.#queue.length > 0) this.#playMessage(output)
    else {
      // Silence before the first block is not a gap in the sound.
      if (this.#began) Atomics.store(words, word.underruns, (words[word.underruns] as number) + 1)
      return true
    }
    this.#began = true
    Atomics.store(words, word.quanta, (words[word.quanta] as number) + 1)
    return true
  }

  #play(block: number, output: Float32Array[]): void {
    const coefficients = address.coefficients + Atomics.load(this.#deck.words, word.coefficientSet) * taps * 4
    this.#kernel.play(block, coefficients, taps, address.delay, address.floats, address.output)
    ;(output[0] as Float32Array).set(this.#left)
    ;(output[1] as Float32Array).set(this.#right)
  }

  /** As it is done without a pool: arrays and messages, and so garbage, on the audio thread. */
  #playMessage(output: Float32Array[]): void {
    const { samples, from } = this.#queue[0] as Message
    this.#scratch.set(samples.subarray(this.#played, this.#played + blockFloats))
    this.#play(address.block, output)
    this.#scope?.postMessage(this.#scratch.slice())
    this.#played += blockFloats
    if (this.#played < samples.length) return
    this.#played = 0
    this.#queue.shift()
    if (samples.length > blockFloats) from.postMessage(samples, [samples.buffer])
    else from.postMessage(1)
  }
}

registerProcessor('player', Player)
