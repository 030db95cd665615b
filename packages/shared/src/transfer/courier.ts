import type { BlockQueue } from '../block-queue.js'
import { elsewhere, holderMask, idle, inFlight, type Layout, threadRecord, threadStride, wantedWord } from '../layout.js'
import type { SeatRows } from '../seat-rows.js'
import type { Parcel, Post } from './post.js'

/**
 * One thread's side of a pool whose blocks travel: the blocks that are here, and their memory. Each block has a home, the thread that lends it.
 * Released elsewhere, it goes back there, and its return is the sender's credit for the next one.
 */
export class Courier implements Post {
  readonly #words: Int32Array
  readonly #layout: Layout
  readonly #rows: SeatRows
  readonly #views: unknown[]
  readonly #post: Post
  readonly #memories: (ArrayBuffer | undefined)[]
  readonly #isHome: Uint8Array
  readonly #queues: Parcel[][]
  /** Blocks sent on each channel and not yet received. */
  readonly #unread: number[]
  #isOver = false

  /**
   * @param home - blocks that this thread lends; all others are elsewhere
   * @param views - the views that {@link SharedPool.view} made of the blocks' memory
   * @param post - the way for everything that leaves this thread
   */
  constructor(words: Int32Array, layout: Layout, rows: SeatRows, home: readonly number[], views: unknown[], post: Post) {
    this.#words = words
    this.#layout = layout
    this.#rows = rows
    this.#views = views
    this.#post = post
    this.#memories = new Array(layout.blocks).fill(undefined)
    this.#isHome = new Uint8Array(layout.blocks)
    this.#queues = Array.from({ length: layout.channels }, () => [])
    this.#unread = new Array(layout.channels).fill(0)
    for (let index = 0; index < layout.blocks; index++) this.#mark(index, elsewhere)
    for (const index of home) this.settle(index)
  }

  /** The block's memory, made when it is first asked for. */
  memoryOf(index: number): ArrayBuffer {
    let memory = this.#memories[index]
    if (memory === undefined) {
      memory = Object.preventExtensions(new ArrayBuffer(this.#layout.blockBytes))
      this.#memories[index] = memory
    }
    return memory
  }

  /** Whether this thread lends the block. */
  isHome(index: number): boolean {
    return this.#isHome[index] === 1
  }

  /** Makes this thread the home of a block that is nowhere. */
  settle(index: number): void {
    this.#isHome[index] = 1
    this.#rows.adopt(index)
  }

  /** Takes one of this thread's free blocks for another thread to lend; -1 when there is none. */
  giveUp(): number {
    const index = this.#uncounted(() => this.#rows.drop())
    if (index < 0) return -1
    this.#isHome[index] = 0
    this.#parcel(index)
    this.#mark(index, elsewhere)
    return index
  }

  /** Sends home a block that this thread held. */
  sendHome(index: number): void {
    this.#mark(index, elsewhere)
    this.#post.back(this.#parcel(index))
  }

  /** The channel of that number, as this thread uses it. */
  channel(number: number): BlockQueue {
    const queue = this.#queues[number] as Parcel[]
    let isReader = false
    return {
      push: (index) => {
        if (this.#isOver || (this.#unread[number] as number) >= this.#layout.channelPlaces) return false
        this.#unread[number] = (this.#unread[number] as number) + 1
        this.#mark(index, inFlight + number)
        this.#post.send(number, this.#parcel(index))
        return true
      },
      pop: () => {
        if (!isReader) {
          isReader = true
          this.#post.reads(number)
        }
        const parcel = queue.shift()
        if (parcel === undefined) return -1
        this.#memories[parcel.index] = Object.preventExtensions(parcel.memory)
        this.#post.took(parcel.index)
        return this.#rows.hold(parcel.index)
      }
    }
  }

  send(channel: number, parcel: Parcel): void {
    this.#queues[channel]?.push(parcel)
  }

  took(index: number): void {
    const holder = this.#word(index) & holderMask
    if (holder < inFlight || holder === elsewhere) return
    this.#unread[holder - inFlight] = (this.#unread[holder - inFlight] as number) - 1
    this.#mark(index, elsewhere)
  }

  back({ index, memory }: Parcel): void {
    this.#memories[index] = memory
    this.settle(index)
  }

  reads(): void {}

  /** The thread that made the pool has left it: this one keeps its blocks. */
  left(): void {
    this.#isOver = true
  }

  /** Ends this side; how many blocks the thread held. */
  close(): number {
    this.#isOver = true
    let held = 0
    for (let index = 0; index < this.#layout.blocks; index++) if ((this.#word(index) & (holderMask | idle)) === this.#rows.seat) held++
    return held
  }

  /** Keeps the pool's own work out of the thread's counters. */
  #uncounted<R>(work: () => R): R {
    const first = threadRecord(this.#rows.seat) + 1
    const counters = this.#words.slice(first, first + threadStride - 1)
    const result = work()
    this.#words.set(counters, first)
    this.#words[wantedWord] = 0
    return result
  }

  /** Gives up a block's memory. */
  #parcel(index: number): Parcel {
    const memory = this.#memories[index]
    this.#memories[index] = undefined
    this.#views[index] = undefined
    return { index, memory }
  }

  #word(index: number): number {
    return this.#words[this.#layout.firstBlockWord + index] as number
  }

  #mark(index: number, holder: number): void {
    this.#words[this.#layout.firstBlockWord + index] = (this.#word(index) & -this.#layout.epochStep) | holder
  }
}
