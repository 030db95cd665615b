import { byteLengthOf } from '../kit/memory/intrinsics.js'
import { outsideRequests } from '../kit/waiting/outside-requests.js'

/** The longest time for which one stretch holds up the event loop, in ms. */
const stretchMs = 2
/** Bytes between two readings of the clock; each buffer counts as `bytesPerBuffer` more, for its cost besides its bytes. */
const bytesBetweenLooks = 256 * 1024
const bytesPerBuffer = 4096

/**
 * Does `each` with every buffer: with as many as 2 ms allow at once, and with the others in stretches of 2 ms between which the event loop
 * goes on. The stretches don't keep the process alive.
 */
export function letGo(buffers: readonly Buffer[], each: (buffer: Buffer) => void, from = 0): void {
  const until = performance.now() + stretchMs
  let bytes = 0
  for (let index = from; index < buffers.length; index++) {
    const buffer = buffers[index] as Buffer
    bytes += byteLengthOf(buffer) + bytesPerBuffer
    each(buffer)
    if (bytes < bytesBetweenLooks) continue
    bytes = 0
    if (performance.now() < until) continue
    outsideRequests(() => setImmediate(letGo, buffers, each, index + 1)).unref()
    return
  }
}
