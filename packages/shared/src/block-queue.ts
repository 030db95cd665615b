/** A channel, as one thread uses it. */
export interface BlockQueue {
  /** Sends a block that this thread holds; false when the channel is full. */
  push(index: number): boolean
  /** Receives a block; the handle under which this thread then holds it, or -1 when there is none. */
  pop(): number
}

/** A channel in shared memory; a thread may die while it sends or receives. */
export interface SharedQueue extends BlockQueue {
  /** Takes the next message, whose block this seat then holds under a handle of its own; -1 when there is none. */
  take(): number
  /**
   * Completes the send and the receive that a dead thread began: a block that it was sending is sent, or its own again; one that it was about to
   * receive is its own now. May be interrupted at any step, and begun again.
   */
  settle(dead: number): void
  /** Lets other threads have the ends that a dead thread had, once its messages were given back. */
  leave(dead: number): void
}
