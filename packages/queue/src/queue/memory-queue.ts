import type { BufferSource, Lease, PoolHealth } from '@pool/core'
import type { Figure, FiguresSource } from '@pool/core/interfaces'
import * as check from '@pool/core/kit'
import { type NonSharedBuffer, onAbort, outsideRequests, plainLease } from '@pool/core/kit'
import { queuePool } from '../default-pool.js'
import { addSettings } from './adding/add-options.js'
import { Closing } from './closing.js'
import { Consumer } from './consuming/consumer.js'
import { ConsumerTally } from './consuming/consumer-tally.js'
import { type Delivery, type DeliveryReceiver, type DeliverySource, usualInFlightBytes } from './consuming/delivery.js'
import { figuresOfQueue, healthOfQueue, queueFamilies } from './figures/queue-figures.js'
import type { QueueDepth, QueueStats } from './figures/queue-stats.js'
import { MessageContent } from './message-content.js'
import type { Added, AddOptions, ConsumeOptions, JobConsumer, Message, MessageQueue } from './message-queue.js'
import { addTimedOut, queueClosed, queueFull } from './queue-errors.js'
import { QueueEventSet, QueueEventSource } from './queue-events.js'
import type { WhenFull } from './queue-options.js'

/** The options of a {@link MemoryQueue}: those of a `PooledQueue` that have a meaning within one process. */
export interface MemoryQueueOptions {
  /** The queue's name in stats and errors. Default `memory`. */
  readonly queue?: string
  /** Where messages are kept. Default: a `SizeClassPool` that the process shares, `queue`. */
  readonly pool?: BufferSource<NonSharedBuffer>
  /** The most bytes of one message. Default 10 MiB, or as many as the pool serves if that is less. */
  readonly maxMessageBytes?: number
  /** The most messages in the queue, those that are out among them. Default 10 000. */
  readonly maxLength?: number
  /** Bytes of these. A message while there is none may be larger. Default 64 MiB. */
  readonly maxBytes?: number
  /** How an add behaves at either bound. Default `wait`. */
  readonly whenFull?: WhenFull
  /** For how long an id keeps a second message of it out, in ms. Default 3 600 000, an hour. */
  readonly dedupeMs?: number
  /** How often a message is delivered at most; then it is a dead letter, and its memory is given back. Default 5. */
  readonly maxDeliveries?: number
  /** The longest delay of a retry, in ms. Default 60 000. */
  readonly claimIdleMs?: number
  /** How long an add waits for room, in ms. Default 30 000. */
  readonly commandTimeoutMs?: number
}

const optionNames = [
  'queue',
  'pool',
  'maxMessageBytes',
  'maxLength',
  'maxBytes',
  'whenFull',
  'dedupeMs',
  'maxDeliveries',
  'claimIdleMs',
  'commandTimeoutMs'
]

/** A message in the queue. */
interface Entry {
  readonly entryId: string
  /** Its place: the higher, the later it was added. */
  readonly number: number
  readonly id: string | undefined
  readonly lease: Lease<NonSharedBuffer>
  readonly bytes: number
  readonly addedAtMs: number
  deliveries: number
}

/** An add that waits for room. */
interface WaitingAdd {
  readonly bytes: number
  readonly enter: () => void
}

/**
 * A queue within one process, for tests and for a start without Redis. It does all that a `PooledQueue` does, but its messages do not survive
 * the process. Bounded in messages and bytes. A message stays in the lease that it was added with.
 */
export class MemoryQueue extends QueueEventSource implements MessageQueue, FiguresSource {
  readonly #events: QueueEventSet
  readonly #settings: Required<MemoryQueueOptions>
  /** To be delivered, the oldest first. */
  readonly #entries: Entry[] = []
  readonly #out = new Set<Entry>()
  readonly #delays = new Map<Entry, NodeJS.Timeout>()
  readonly #ids = new Map<string, { readonly entryId: string; readonly untilMs: number }>()
  readonly #adds: WaitingAdd[] = []
  readonly #takers = new Set<() => void>()
  readonly #consumers = new Set<Consumer>()
  readonly #consumed: ConsumerTally
  readonly #closing = new Closing((timeoutMs) => this.#close(timeoutMs))
  #isDestroyed = false
  #bytes = 0
  #length = 0
  #entryNumber = 0
  #added = 0
  #addedBytes = 0
  #duplicates = 0
  #refused = 0
  #stalls = 0
  #buried = 0
  /** The kind of source, for exporters. */
  readonly kind = 'queue'
  /** The families of figures that exporters show. */
  readonly families = queueFamilies

  /**
   * An empty queue.
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option
   */
  constructor(options: MemoryQueueOptions = {}) {
    check.validOptions('options', options, optionNames)
    const pool = queuePool(options.pool)
    const most = Number.MAX_SAFE_INTEGER
    const { queue = 'memory', maxMessageBytes = Math.min(10 * 1024 * 1024, pool.maxBytes), maxLength = 10_000 } = options
    const { maxBytes = 64 * 1024 * 1024, whenFull = 'wait', dedupeMs = 3_600_000, maxDeliveries = 5, claimIdleMs = 60_000 } = options
    const events = new QueueEventSet(check.validName('queue', queue))
    super(events)
    this.#events = events
    this.#consumed = new ConsumerTally(events)
    this.#settings = {
      queue,
      pool,
      maxMessageBytes: check.validInteger('maxMessageBytes', maxMessageBytes, 1, pool.maxBytes),
      maxLength: check.validInteger('maxLength', maxLength, 1, most),
      maxBytes: check.validInteger('maxBytes', maxBytes, 1, most),
      whenFull: check.validChoice('whenFull', whenFull, ['wait', 'refuse', 'trim']),
      dedupeMs: check.validInteger('dedupeMs', dedupeMs, 1, most),
      maxDeliveries: check.validInteger('maxDeliveries', maxDeliveries, 1, most),
      claimIdleMs: check.validInteger('claimIdleMs', claimIdleMs, 30, check.longestTimerMs),
      commandTimeoutMs: check.validTimeout('commandTimeoutMs', options.commandTimeoutMs, 30_000)
    }
    check.announceFigures(this)
  }

  /** The queue's name in stats and errors. */
  get name(): string {
    return this.#settings.queue
  }

  /** The most bytes of one message. */
  get maxMessageBytes(): number {
    return this.#settings.maxMessageBytes
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closing.begun
  }

  /** Adds a message at the end; as `MessageQueue.add` says. */
  async add(message: Message, options: AddOptions = {}): Promise<Added> {
    // From here on the message is the queue's, also when the add fails.
    const content = new MessageContent(message)
    try {
      const { pool, commandTimeoutMs } = this.#settings
      const { id, timeoutMs, signal, wait } = addSettings(options, commandTimeoutMs)
      content.refuseBeyond(this.maxMessageBytes, this.name)
      const prepared = await content.inOnePiece(pool, wait)
      const known = this.#known(id)
      if (known !== undefined) return known
      if (!this.#hasRoom(content.bytes)) await this.#waitForRoom(content.bytes, timeoutMs, signal)
      if (this.closed) throw queueClosed(this.name)
      return this.#known(id) ?? this.#enter(leaseOf(prepared), content.bytes, id)
    } finally {
      content.release()
    }
  }

  /** Takes messages; as `MessageQueue.consume` says. */
  consume(options: ConsumeOptions = {}): JobConsumer {
    if (this.closed) throw queueClosed(this.name)
    const consumer = new Consumer(this.#deliveries(), this.#consumed, options, () => this.#consumers.delete(consumer))
    this.#consumers.add(consumer)
    return consumer
  }

  /** The number of messages: in all, out, and waiting. */
  async depth(): Promise<QueueDepth> {
    return this.#depth()
  }

  /** A snapshot. */
  stats(): QueueStats {
    return Object.freeze({
      name: this.name,
      closed: this.closed,
      added: this.#added,
      addedBytes: this.#addedBytes,
      duplicates: this.#duplicates,
      refused: this.#refused,
      stalls: this.#stalls,
      waitingAdds: this.#adds.length,
      waitingBytes: this.#adds.reduce((sum, { bytes }) => sum + bytes, 0),
      consumers: this.#consumers.size,
      ...this.#consumed,
      claimed: 0,
      lateAcks: 0,
      buried: this.#buried
    })
  }

  /** The figures of this moment, for exporters. */
  figures(): readonly Figure[] {
    return figuresOfQueue(this.stats(), this.#depth())
  }

  /** Judges the queue: full, dead letters. */
  async healthCheck(): Promise<PoolHealth> {
    return healthOfQueue(this.stats(), this.#depth(), true)
  }

  /** Closes in order; as `MessageQueue.close` says. Messages left in the queue are dropped, and their memory is given back. */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#closing.begin(options)
  }

  /** Closes in order. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #depth(): QueueDepth {
    const pending = this.#out.size + this.#delays.size
    let oldest = Number.POSITIVE_INFINITY
    for (const { addedAtMs } of [...this.#entries, ...this.#out, ...this.#delays.keys()]) oldest = Math.min(oldest, addedAtMs)
    const oldestMs = this.#length === 0 ? 0 : Math.max(0, Date.now() - oldest)
    return Object.freeze({ length: this.#length, pending, waiting: this.#entries.length, deadLetters: this.#buried, oldestMs })
  }

  async #close(timeoutMs: number): Promise<void> {
    check.retireFigures(this)
    const { close } = this.#events.lines
    if (close.heard) close.emit({ queue: this.name })
    for (const { enter } of this.#adds.splice(0)) enter()
    await Promise.all([...this.#consumers].map((consumer) => consumer.finish(timeoutMs)))
    this.#isDestroyed = true
    for (const timer of this.#delays.values()) clearTimeout(timer)
    for (const entry of [...this.#entries.splice(0), ...this.#delays.keys()]) this.#remove(entry)
    this.#delays.clear()
  }

  #known(id: string | undefined): Added | undefined {
    const known = id === undefined ? undefined : this.#ids.get(id)
    if (known === undefined || known.untilMs < performance.now()) return undefined
    this.#duplicates++
    return Object.freeze({ entryId: known.entryId, duplicate: true })
  }

  #enter(lease: Lease<NonSharedBuffer>, bytes: number, id: string | undefined): Added {
    const addedAtMs = Date.now()
    const number = ++this.#entryNumber
    const entryId = `${addedAtMs}-${number}`
    if (id !== undefined) this.#remember(id, entryId)
    this.#entries.push({ entryId, number, id, lease, bytes, addedAtMs, deliveries: 0 })
    this.#length++
    this.#bytes += bytes
    this.#added++
    this.#addedBytes += bytes
    this.#wakeTakers()
    return Object.freeze({ entryId, duplicate: false })
  }

  #remember(id: string, entryId: string): void {
    const now = performance.now()
    // The oldest stand first, and each counts for the same time.
    for (const [known, { untilMs }] of this.#ids) {
      if (untilMs >= now) break
      this.#ids.delete(known)
    }
    this.#ids.set(id, { entryId, untilMs: now + this.#settings.dedupeMs })
  }

  #hasRoom(bytes: number): boolean {
    const { maxLength, maxBytes } = this.#settings
    return this.#length < maxLength && (this.#length === 0 || this.#bytes + bytes <= maxBytes)
  }

  #waitForRoom(bytes: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { whenFull, maxLength } = this.#settings
    if (whenFull === 'trim') {
      for (let oldest = this.#entries.shift(); oldest !== undefined; oldest = this.#entries.shift()) {
        this.#remove(oldest)
        if (this.#hasRoom(bytes)) return Promise.resolve()
      }
    }
    if (whenFull !== 'wait') {
      this.#refused++
      const { refuse } = this.#events.lines
      if (refuse.heard) refuse.emit({ queue: this.name, bytes })
      throw queueFull(this.name, maxLength)
    }
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        unwatch()
        clearTimeout(timer)
        const index = this.#adds.indexOf(waiting)
        if (index >= 0) this.#adds.splice(index, 1)
        settle()
      }
      const waiting: WaitingAdd = { bytes, enter: () => end(resolve) }
      const late = (): void => end(() => reject(addTimedOut(this.name, timeoutMs)))
      // Keeps no process alive: without its consumers nothing would make room.
      const timer = timeoutMs < Number.POSITIVE_INFINITY ? setTimeout(late, timeoutMs).unref() : undefined
      const unwatch = onAbort(signal, (reason) => end(() => reject(reason)))
      this.#adds.push(waiting)
      this.#stalls++
      const { stall } = this.#events.lines
      if (stall.heard) stall.emit({ queue: this.name, bytes, waiting: this.#adds.length })
    })
  }

  #remove(entry: Entry): void {
    entry.lease[Symbol.dispose]()
    this.#length--
    this.#bytes -= entry.bytes
    const next = this.#adds[0]
    if (next !== undefined && this.#hasRoom(next.bytes)) next.enter()
  }

  #wakeTakers(): void {
    for (const wake of this.#takers) wake()
    this.#takers.clear()
  }

  /** The deliveries for one consumer. */
  #deliveries(): DeliverySource {
    const byId = new Map<string, Entry>()
    let isInterrupted = false
    /** Gives up to `count` messages that are there, and returns how many. */
    const deliver = (count: number, receiver: DeliveryReceiver): number => {
      for (let delivered = 0; delivered < count; ) {
        const entry = this.#entries.shift()
        if (entry === undefined) return delivered
        if (entry.deliveries >= this.#settings.maxDeliveries) {
          this.#buried++
          this.#remove(entry)
          const { bury } = this.#events.lines
          if (bury.heard) bury.emit({ queue: this.name, count: 1 })
          continue
        }
        entry.deliveries++
        this.#out.add(entry)
        byId.set(entry.entryId, entry)
        receiver.took({ ...entry, lease: entry.lease.retain(), reference: undefined })
        delivered++
      }
      return count
    }
    const left = (delivery: Delivery): Entry | undefined => {
      const entry = byId.get(delivery.entryId)
      byId.delete(delivery.entryId)
      return entry !== undefined && this.#out.delete(entry) ? entry : undefined
    }
    return {
      maxInFlightBytes: usualInFlightBytes,
      claimIdleMs: this.#settings.claimIdleMs,
      claimIntervalMs: this.#settings.claimIdleMs,
      take: async (room, receiver) => {
        while (!isInterrupted && deliver(room(), receiver) === 0) await new Promise<void>((resolve) => this.#takers.add(resolve))
      },
      claim: async () => {},
      fetch: async () => true,
      interrupt: () => {
        isInterrupted = true
        this.#wakeTakers()
      },
      renew: async () => {},
      ack: async (delivery) => {
        const entry = left(delivery)
        if (entry !== undefined) this.#remove(entry)
      },
      giveBack: async (delivery, delayMs, wasSeen) => {
        const entry = left(delivery)
        if (entry === undefined) return
        if (!wasSeen) entry.deliveries--
        if (this.#isDestroyed) this.#remove(entry)
        else if (delayMs === 0) this.#putBack(entry)
        else this.#delays.set(entry, outsideRequests(() => setTimeout(() => this.#putBack(entry), delayMs)).unref())
      }
    }
  }

  /** Puts a message back into its former place: before all that were added later. */
  #putBack(entry: Entry): void {
    this.#delays.delete(entry)
    const later = this.#entries.findIndex(({ number }) => number > entry.number)
    if (later < 0) this.#entries.push(entry)
    else this.#entries.splice(later, 0, entry)
    this.#wakeTakers()
  }
}

/** A lease of the message that outlives the add. */
function leaseOf(message: Uint8Array | string | Lease<NonSharedBuffer>): Lease<NonSharedBuffer> {
  if (typeof message === 'string') return plainLease(Buffer.from(message))
  return message instanceof Uint8Array ? plainLease(Buffer.from(message)) : message.retain()
}
