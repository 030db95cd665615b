import type { Layout } from '../layout.js'
import { noSeat } from '../refusals.js'
import type { Courier } from './courier.js'
import type { Grant } from './grant.js'
import { deliver, Outbox, type Parcel, type Post } from './post.js'

interface Seat {
  readonly tag: number
  readonly port: MessagePort
  readonly outbox: Outbox
}

/** The seat of the thread that made the pool. */
const ownSeat = 1
/** In the queue of a channel. */
const waiting = 0

/**
 * The side of the thread that made the pool. Every message goes through it, so it knows where each block is, and replaces the blocks that are
 * lost with a dead thread.
 *
 * ```
 *   thread 2 ── outbox ──►┌─────┐── outbox ──► thread 3
 *            ◄─ outbox ───│ hub │◄── outbox ──          sent on channels → · ← back home, and credits for received blocks
 *                         └──┬──┘
 *                         courier of the maker itself
 * ```
 */
export class Hub {
  readonly #layout: Layout
  readonly #threads: number
  readonly #batch: number
  /** By block: the thread that has it, the one that lends it, the one that waits for its credit, and on which channel. */
  readonly #at: Uint8Array
  readonly #home: Uint8Array
  readonly #sender: Uint8Array
  readonly #channel: Uint8Array
  readonly #queues: { readonly parcel: Parcel; readonly sender: number }[][]
  /** By channel: its readers, and how many blocks each has not taken yet. */
  readonly #readers: Map<number, number>[]
  readonly #seats: (Seat | undefined)[] = []
  #courier: Courier | undefined
  #tag = 0

  /** @param threads - the most threads, this one among them */
  constructor(layout: Layout, threads: number) {
    this.#layout = layout
    this.#threads = threads
    this.#batch = Math.max(1, Math.min(8, layout.channelPlaces, this.#share >> 1))
    this.#at = new Uint8Array(layout.blocks).fill(ownSeat)
    this.#home = new Uint8Array(layout.blocks).fill(ownSeat)
    this.#sender = new Uint8Array(layout.blocks)
    this.#channel = new Uint8Array(layout.blocks)
    this.#queues = Array.from({ length: layout.channels }, () => [])
    this.#readers = Array.from({ length: layout.channels }, () => new Map())
  }

  /** Ties this thread's own side to it. */
  set courier(courier: Courier) {
    this.#courier = courier
  }

  get #share(): number {
    return Math.floor(this.#layout.blocks / this.#threads)
  }

  /** A seat for one more thread, with a share of the blocks as far as this thread has them free. */
  grant(): Grant {
    let seat = ownSeat + 1
    while (this.#seats[seat] !== undefined) seat++
    if (seat > this.#threads) throw noSeat(this.#threads)
    const blocks: number[] = []
    while (blocks.length < this.#share) {
      const index = (this.#courier as Courier).giveUp()
      if (index < 0) break
      blocks.push(index)
      this.#home[index] = seat
      this.#at[index] = seat
    }
    const { port1, port2 } = new MessageChannel()
    const tag = ++this.#tag
    this.#seats[seat] = { tag, port: port1, outbox: new Outbox(port1, this.#batch) }
    deliver(port1, this.postOf(seat))
    const { blockBytes, threads, channels, rings, channelPlaces, isTraced } = this.#layout
    const sizes = { blocks: this.#layout.blocks, blockBytes, threads, channels, rings, channelPlaces, isTraced }
    return { sizes, tag, seat, port: port2, batch: this.#batch, blocks }
  }

  /** Where the messages of a thread arrive. */
  postOf(seat: number): Post {
    return {
      took: (index) => this.#credit(index, seat),
      back: (parcel) => this.#sendHome(parcel),
      send: (channel, parcel) => {
        this.#at[parcel.index] = waiting
        this.#queues[channel]?.push({ parcel, sender: seat })
        this.#dispatch(channel)
      },
      reads: (channel) => {
        this.#readers[channel]?.set(seat, 0)
        this.#dispatch(channel)
      },
      left: () => void this.#empty(seat)
    }
  }

  /** Posts the gathered messages to the other threads. */
  flush(): void {
    for (const seat of this.#seats) seat?.outbox.flush()
  }

  /** Takes back all blocks of a dead thread, and its seat; returns how many blocks. Those that it had gathered and not posted are among them. */
  reap(tag: number): number {
    const seat = this.#seats.findIndex((one) => one?.tag === tag)
    return seat < 0 ? 0 : this.#empty(seat)
  }

  /** Ends the pool for all. */
  close(): void {
    for (const [seat, one] of this.#seats.entries()) {
      one?.outbox.left()
      this.#seats[seat] = undefined
    }
  }

  #empty(seat: number): number {
    this.#seats[seat]?.port.close()
    this.#seats[seat] = undefined
    let blocks = 0
    const read = [...this.#readers.keys()].filter((channel) => this.#readers[channel]?.delete(seat))
    for (let index = 0; index < this.#layout.blocks; index++) {
      if (this.#sender[index] === seat) this.#sender[index] = 0
      if (this.#home[index] === seat) this.#home[index] = ownSeat
      if (this.#at[index] !== seat) continue
      this.#credit(index, seat)
      this.#sendHome({ index, memory: undefined })
      blocks++
    }
    for (const channel of read) {
      if (this.#readers[channel]?.size !== 0) continue
      for (const { parcel, sender } of this.#queues[channel]?.splice(0) ?? []) {
        this.#target(sender)?.took(parcel.index)
        this.#sendHome(parcel)
        blocks++
      }
    }
    return blocks
  }

  /** Tells a block's sender that it was received. */
  #credit(index: number, reader: number): void {
    const sender = this.#sender[index] as number
    if (sender !== 0) this.#target(sender)?.took(index)
    this.#sender[index] = 0
    const channel = this.#channel[index] as number
    const readers = this.#readers[channel]
    const unread = readers?.get(reader)
    if (unread === undefined || unread === 0) return
    readers?.set(reader, unread - 1)
    this.#dispatch(channel)
  }

  #sendHome(parcel: Parcel): void {
    const home = this.#home[parcel.index] as number
    this.#at[parcel.index] = home
    this.#target(home)?.back(parcel)
  }

  /** Gives the readers of a channel the blocks that wait there, each as many as the channel holds. */
  #dispatch(channel: number): void {
    const queue = this.#queues[channel] ?? []
    const readers = this.#readers[channel] ?? new Map<number, number>()
    for (const [reader, unread] of readers) {
      for (let room = this.#layout.channelPlaces - unread; room > 0; room--) {
        const message = queue.shift()
        if (message === undefined) return
        const { parcel, sender } = message
        readers.set(reader, (readers.get(reader) as number) + 1)
        this.#at[parcel.index] = reader
        // A sender that has died meanwhile waits for no credit.
        this.#sender[parcel.index] = this.#target(sender) === undefined ? 0 : sender
        this.#channel[parcel.index] = channel
        this.#target(reader)?.send(channel, parcel)
      }
    }
  }

  #target(seat: number): Post | undefined {
    return seat === ownSeat ? this.#courier : this.#seats[seat]?.outbox
  }
}
