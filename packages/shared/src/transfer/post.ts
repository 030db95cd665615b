/** A block on its way, with its memory; without, where no thread has touched it yet. */
export interface Parcel {
  readonly index: number
  readonly memory: ArrayBuffer | undefined
}

/** The messages from one side to the other, each way between a thread and the one that made the pool. */
export interface Post {
  /** A block that was received from its channel: a credit for its sender. */
  took(index: number): void
  /** A block that goes back to the thread that lends it. */
  back(parcel: Parcel): void
  /** A block that is sent on a channel. */
  send(channel: number, parcel: Parcel): void
  /** The thread receives from the channel. */
  reads(channel: number): void
  /** The thread has left the pool. */
  left(): void
}

/** A batch, as it travels. */
interface Batch {
  readonly took: readonly number[]
  readonly back: readonly Parcel[]
  readonly sent: readonly (readonly [channel: number, parcel: Parcel])[]
  readonly reads: readonly number[]
  readonly left: boolean
}

/** Gathers messages, and posts them in batches. */
export class Outbox implements Post {
  readonly #port: MessagePort
  readonly #batch: number
  #took: number[] = []
  #back: Parcel[] = []
  #sent: [number, Parcel][] = []
  #reads: number[] = []
  #left = false
  #isDue = false

  /** @param batch - posts at once when so much has gathered, else when the thread's turn is over; a worklet has no timers and waits for a batch */
  constructor(port: MessagePort, batch: number) {
    this.#port = port
    this.#batch = batch
  }

  took(index: number): void {
    this.#took.push(index)
    this.#gathered()
  }

  back(parcel: Parcel): void {
    this.#back.push(parcel)
    this.#gathered()
  }

  send(channel: number, parcel: Parcel): void {
    this.#sent.push([channel, parcel])
    this.#gathered()
  }

  reads(channel: number): void {
    this.#reads.push(channel)
    this.flush()
  }

  left(): void {
    this.#left = true
    this.flush()
    this.#port.close()
  }

  /** Posts the gathered messages. */
  flush(): void {
    const batch: Batch = { took: this.#took, back: this.#back, sent: this.#sent, reads: this.#reads, left: this.#left }
    if (!this.#left && batch.took.length + batch.back.length + batch.sent.length + batch.reads.length === 0) return
    this.#took = []
    this.#back = []
    this.#sent = []
    this.#reads = []
    const memories = [...batch.back, ...batch.sent.map(([, parcel]) => parcel)].flatMap(({ memory }) => (memory ? [memory] : []))
    this.#port.postMessage(batch, memories)
  }

  #gathered(): void {
    if (this.#took.length + this.#back.length + this.#sent.length >= this.#batch) this.flush()
    else if (!this.#isDue && typeof setTimeout === 'function') {
      this.#isDue = true
      setTimeout(() => {
        this.#isDue = false
        this.flush()
      }, 0)
    }
  }
}

/** Tells `post` all that arrives: credits first, since a block may come back in the batch that says that it was taken. */
export function deliver(port: MessagePort, post: Post): void {
  port.onmessage = ({ data }: MessageEvent<Batch>) => {
    for (const channel of data.reads) post.reads(channel)
    for (const index of data.took) post.took(index)
    for (const parcel of data.back) post.back(parcel)
    for (const [channel, parcel] of data.sent) post.send(channel, parcel)
    if (data.left) post.left()
  }
  // In Node a pool alone does not keep its process alive.
  ;(port as { unref?: () => void }).unref?.()
}
