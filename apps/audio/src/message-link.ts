import { blocksAhead } from './channels.js'
import { blockFloats } from './deck.js'

/** Blocks of a batch where buffers are used again. */
const batchBlocks = 8

/**
 * The worker's end of a link of messages, for the two modes without a shared pool. As much sound is under way as the pool's channel holds.
 *
 *   copy   batches of 8 blocks, transferred to the audio thread, which sends them back empty
 *   none   a new array for each block, copied by the browser; the audio thread reports how many it has played
 */
export class MessageLink {
  readonly #port: MessagePort
  #batches: Float32Array<ArrayBuffer>[] | undefined
  #credits = blocksAhead

  constructor(port: MessagePort) {
    this.#port = port
    port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer> | number>) => {
      if (typeof data === 'number') this.#credits += data
      else this.#batches?.push(data)
    }
  }

  /** Sends as much as there is credit for. */
  fill(reuse: boolean, fillBlock: (block: Float32Array) => void): void {
    if (reuse) this.#fillBatches(fillBlock)
    else this.#sendNew(fillBlock)
  }

  #fillBatches(fillBlock: (block: Float32Array) => void): void {
    this.#batches ??= Array.from({ length: blocksAhead / batchBlocks }, () => new Float32Array(batchBlocks * blockFloats))
    for (let batch = this.#batches.pop(); batch !== undefined; batch = this.#batches.pop()) {
      for (let at = 0; at < batch.length; at += blockFloats) fillBlock(batch.subarray(at, at + blockFloats))
      this.#port.postMessage(batch, [batch.buffer])
    }
  }

  #sendNew(fillBlock: (block: Float32Array) => void): void {
    for (; this.#credits > 0; this.#credits--) {
      const block = new Float32Array(blockFloats)
      fillBlock(block)
      this.#port.postMessage(block)
    }
  }
}
