/** A channel, as one thread uses it. */
export interface BlockQueue {
  /** Sends a block that this thread holds; false when the channel is full. */
  push(index: number): boolean
  /** Receives a block; the handle under which this thread then holds it, or -1 when there is none. */
  pop(): number
}
