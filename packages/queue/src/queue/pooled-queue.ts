import type { PoolHealth } from '@pool/core'
import type { Figure, FiguresSource } from '@pool/core/interfaces'
import * as check from '@pool/core/kit'
import { RedisClient } from '../client/redis-client.js'
import { AddLine } from './add-line.js'
import { type AddSettings, addSettings } from './add-options.js'
import { Closing } from './closing.js'
import { Consumer, ConsumerTally } from './consumer.js'
import { DepthWatch } from './depth-watch.js'
import { MessageContent, type PreparedMessage } from './message-content.js'
import type { Added, AddOptions, ConsumeOptions, JobConsumer, Message, MessageQueue } from './message-queue.js'
import { addTimedOut, queueClosed, queueFull } from './queue-errors.js'
import { figuresOfQueue, healthOfQueue, queueFamilies } from './queue-figures.js'
import { consumerName, type PooledQueueOptions, type QueueSettings, queueSettings } from './queue-options.js'
import type { PooledQueueStats, QueueDepth } from './queue-stats.js'
import { RoomGate } from './room-gate.js'
import { StreamDeliveries, StreamTally } from './stream-deliveries.js'
import { addScript, depthScript, streamScripts } from './stream-scripts.js'

/** For handing back what was not settled when the time to close is over, in ms. */
const handBackMs = 1000

/**
 * A queue of messages on a stream of Redis, with a consumer group: any number of processes add, any number take, and each message is handled
 * at least once.
 *
 * ```
 *   add(lease) ──► XADD, sent from where the lease lies ──► stream ──► XREADGROUP ──► job.buffer, read into a lease
 *                                                             ▲            │ ack(): removed
 *                                  retry(), or no sign ───────┴────────────┤
 *                                  delivered too often ──► dead letters ◄──┘
 * ```
 *
 * The entry of a message has the bytes in the field `d`, and its id, if any, in `k`: other clients can add and take them, too.
 */
export class PooledQueue implements MessageQueue, FiguresSource {
  readonly #settings: QueueSettings
  readonly #clientOptions: ReturnType<typeof queueSettings>['clientOptions']
  readonly #commands: RedisClient
  readonly #gate: RoomGate
  readonly #line: AddLine
  readonly #consumers = new Map<Consumer, { readonly reader: RedisClient; readonly deliveries: StreamDeliveries }>()
  readonly #consumed = new ConsumerTally()
  readonly #streamed = new StreamTally()
  readonly #closing = new Closing((timeoutMs) => this.#close(timeoutMs))
  readonly #givenUp = new AbortController()
  readonly #adding = new Set<Promise<unknown>>()
  readonly #depth: DepthWatch = new DepthWatch(() => this.depth())
  #added = 0
  #addedBytes = 0
  #duplicates = 0
  #refused = 0
  #stalls = 0
  /** What exporters call its sort. */
  readonly kind = 'queue'
  /** What exporters show of it. */
  readonly families = queueFamilies

  /**
   * A queue without a connection: the first add, or consumer, makes one.
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option; `ERR_POOL_REDIS_UNSUPPORTED` for URLs of Sentinel and Cluster
   */
  constructor(options: PooledQueueOptions) {
    const { settings, clientOptions } = queueSettings(options)
    this.#settings = settings
    this.#clientOptions = clientOptions
    this.#commands = this.#makeClient()
    this.#line = new AddLine(this.#commands.settings.maxWaitingBytes)
    this.#gate = new RoomGate(async () => Number(await this.#commands.send(['XLEN', settings.streamKey])), settings.maxLength)
    check.announceFigures(this)
  }

  /** The name that stats, errors and metrics call it by. */
  get name(): string {
    return this.#settings.queue
  }

  /** The most bytes of one message. */
  get maxMessageBytes(): number {
    return this.#commands.settings.maxMessageBytes
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closing.begun
  }

  /** Adds a message at the end; as `MessageQueue.add` says. Adds that wait for room may pass each other; await one before the next to keep their order. */
  add(message: Message, options: AddOptions = {}): Promise<Added> {
    const adding = this.#add(message, options)
    this.#adding.add(adding)
    const done = (): void => void this.#adding.delete(adding)
    adding.then(done, done)
    return adding
  }

  /** Takes messages; as `MessageQueue.consume` says. Each consumer has a connection of its own. */
  consume(options: ConsumeOptions = {}): JobConsumer {
    if (this.closed) throw queueClosed(this.name)
    const reader = this.#makeClient()
    const deliveries = new StreamDeliveries(this.#commands, reader, this.#settings, consumerName(), this.maxMessageBytes, this.#streamed)
    const consumer = new Consumer(deliveries, this.#consumed, options, () => {
      this.#consumers.delete(consumer)
      void reader.close()
      if (consumer.inFlight === 0) void deliveries.leave()
    })
    this.#consumers.set(consumer, { reader, deliveries })
    return consumer
  }

  /** Asks Redis how many messages there are, and where. O(1) in Redis, but for the size of the first message. */
  async depth(): Promise<QueueDepth> {
    const { streamKey, deadKey, group } = this.#settings
    const words = ['EVALSHA', depthScript.sha, 2, streamKey, deadKey, group]
    const [length, deadLetters, pending, first] = (await this.#commands.send(words, { idempotent: true })) as [
      number,
      number,
      number,
      string
    ]
    const oldestMs = first === '' ? 0 : Math.max(0, Date.now() - Number.parseInt(first, 10))
    return Object.freeze({ length, pending, waiting: Math.max(0, length - pending), deadLetters, oldestMs })
  }

  /** A snapshot of what this process did. */
  stats(): PooledQueueStats {
    const { lateAcks, buried, claimed } = this.#streamed
    return Object.freeze({
      name: this.name,
      closed: this.closed,
      added: this.#added,
      addedBytes: this.#addedBytes,
      duplicates: this.#duplicates,
      refused: this.#refused,
      stalls: this.#stalls,
      waitingAdds: this.#gate.waiting + this.#line.waiting,
      waitingBytes: this.#gate.waitingBytes + this.#line.waitingBytes,
      consumers: this.#consumers.size,
      ...this.#consumed,
      claimed,
      lateAcks,
      buried,
      client: this.#commands.stats()
    })
  }

  /**
   * The figures of this moment, for exporters. Its depth is that of the last time that this was asked; Redis is asked for the next one, unless
   * the queue has no connection yet.
   */
  figures(): readonly Figure[] {
    const stats = this.stats()
    if (stats.client.connected && !stats.closed) void this.#depth.refresh()
    return figuresOfQueue(stats, this.#depth.last)
  }

  /** Asks Redis how the queue is, and judges that: full, dead letters, no answer. Never rejects. */
  async healthCheck(): Promise<PoolHealth> {
    if (!this.closed) await this.#depth.refresh()
    return healthOfQueue(this.stats(), this.#depth.last, this.closed || this.#depth.answers)
  }

  /** Closes in order; as `MessageQueue.close` says. What is being added is added. */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#closing.begin(options)
  }

  /** Closes in order. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    check.retireFigures(this)
    // A Redis that answers nothing holds nothing up for longer.
    const giveUp = (): void => {
      for (const { reader } of this.#consumers.values()) reader.destroy()
      this.#givenUp.abort(queueClosed(this.name))
      this.#commands.destroy()
    }
    const timer = setTimeout(giveUp, Math.min(timeoutMs + handBackMs, check.longestTimerMs))
    await Promise.all(
      [...this.#consumers].map(async ([consumer, { deliveries }]) => {
        await consumer.finish(timeoutMs)
        await deliveries.leave()
      })
    )
    await Promise.allSettled(this.#adding)
    await this.#commands.close()
    clearTimeout(timer)
  }

  async #add(message: Message, options: AddOptions): Promise<Added> {
    // From here on the message is the queue's, whatever becomes of the add.
    const content = new MessageContent(message)
    try {
      return await this.#addContent(content, options)
    } finally {
      content.release()
    }
  }

  async #addContent(content: MessageContent, options: AddOptions): Promise<Added> {
    const { maxMessageBytes, commandTimeoutMs } = this.#commands.settings
    const settings = addSettings(options, commandTimeoutMs)
    if (this.closed) throw queueClosed(this.name)
    content.refuseBeyond(maxMessageBytes, this.name)
    const deadline = performance.now() + settings.timeoutMs
    if (this.#settings.whenFull !== 'wait') return this.#addNow(content, settings, deadline)
    if (!this.#line.tryEnter(content.bytes)) {
      this.#stalls++
      await this.#within(deadline, settings, (signal) => this.#line.enter(content.bytes, signal))
    }
    try {
      return await this.#addNow(content, settings, deadline)
    } finally {
      this.#line.leave(content.bytes)
    }
  }

  async #addNow(content: MessageContent, settings: AddSettings, deadline: number): Promise<Added> {
    const { maxLength, whenFull } = this.#settings
    const message = await content.prepared(this.#commands.settings.pool, { ...settings.wait, timeoutMs: msUntil(deadline) })
    let waited = false
    for (;;) {
      const added = await this.#send(message, settings, msUntil(deadline))
      if (added !== undefined) return this.#count(added, content.bytes)
      if (whenFull !== 'wait' || this.closed) {
        this.#refused++
        throw this.closed ? queueClosed(this.name) : queueFull(this.name, maxLength)
      }
      if (!waited) this.#stalls++
      waited = true
      await this.#within(deadline, settings, (signal) => this.#gate.opened(content.bytes, signal))
    }
  }

  /** Gives nothing where the queue is full. */
  async #send(message: PreparedMessage, { id = '', signal }: AddSettings, timeoutMs: number): Promise<Added | undefined> {
    const { streamKey, idPrefix, maxLength, whenFull, dedupeMs } = this.#settings
    const trims = whenFull === 'trim' ? 1 : 0
    const words = ['EVALSHA', addScript.sha, 2, streamKey, idPrefix + id, message, maxLength, trims, id, dedupeMs]
    const reply = await this.#commands.send(words, {
      idempotent: id !== '',
      timeoutMs,
      // What is under way is bounded by the line of adds.
      waits: whenFull === 'wait',
      ...(signal === undefined ? {} : { signal })
    })
    if (reply === null) return undefined
    const [entryId, wasThere] = reply as [string, number]
    return Object.freeze({ entryId, duplicate: wasThere === 1 })
  }

  #count(added: Added, bytes: number): Added {
    if (added.duplicate) this.#duplicates++
    else {
      this.#added++
      this.#addedBytes += bytes
    }
    return added
  }

  /**
   * Waits for room as long as an add may.
   * @throws (rejects) `ERR_POOL_COMMAND_TIMEOUT`, `ERR_POOL_CLOSED`, the signal's reason
   */
  async #within(deadline: number, { signal, timeoutMs }: AddSettings, wait: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const leftMs = msUntil(deadline)
    // Not `AbortSignal.any`: its signals stay with the queue's own for as long as that lives.
    const waiting = new AbortController()
    const abort = (reason: unknown): void => waiting.abort(reason)
    const timer = leftMs < check.longestTimerMs ? setTimeout(abort, leftMs, addTimedOut(this.name, timeoutMs)) : undefined
    const unwatchGivenUp = check.onAbort(this.#givenUp.signal, abort)
    const unwatchSignal = check.onAbort(signal, abort)
    try {
      await wait(waiting.signal)
    } finally {
      clearTimeout(timer)
      unwatchGivenUp()
      unwatchSignal()
    }
  }

  #makeClient(): RedisClient {
    return new RedisClient(
      this.#clientOptions,
      streamScripts.map(({ text }) => text)
    )
  }
}

/** Whole milliseconds, 1 at least. */
function msUntil(deadline: number): number {
  return Math.max(1, Math.ceil(deadline - performance.now()))
}
