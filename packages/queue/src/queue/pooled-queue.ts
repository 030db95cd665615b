import type { PoolHealth } from '@pool/core'
import type { Figure, FiguresSource } from '@pool/core/interfaces'
import * as check from '@pool/core/kit'
import { RedisClient } from '../client/redis-client.js'
import { StreamAdds } from './adding/stream-adds.js'
import { Closing } from './closing.js'
import { Consumer } from './consuming/consumer.js'
import { ConsumerTally } from './consuming/consumer-tally.js'
import { StreamDeliveries } from './consuming/stream-deliveries.js'
import { StreamTally } from './consuming/stream-tally.js'
import { DepthWatch } from './figures/depth-watch.js'
import { figuresOfQueue, healthOfQueue, queueFamilies } from './figures/queue-figures.js'
import type { PooledQueueStats, QueueDepth } from './figures/queue-stats.js'
import type { Added, AddOptions, ConsumeOptions, JobConsumer, Message, MessageQueue } from './message-queue.js'
import { queueClosed } from './queue-errors.js'
import { QueueEventSet, QueueEventSource } from './queue-events.js'
import { consumerName, type PooledQueueOptions, type QueueSettings, queueSettings } from './queue-options.js'
import { depthScript, streamScripts } from './stream-scripts.js'

/** Time for handing back jobs that were not settled within the time to close, in ms. */
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
 * The entry of a message has the bytes in the field `d`, and its id, if any, in `k`: other clients can add and take them, too. From
 * `largeMessageBytes` on, the bytes lie under a key of their own, which the field `p` names.
 */
export class PooledQueue extends QueueEventSource implements MessageQueue, FiguresSource {
  readonly #events: QueueEventSet
  readonly #settings: QueueSettings
  readonly #clientOptions: ReturnType<typeof queueSettings>['clientOptions']
  readonly #commands: RedisClient
  readonly #adds: StreamAdds
  readonly #consumers = new Map<Consumer, { readonly reader: RedisClient; readonly deliveries: StreamDeliveries }>()
  readonly #consumed: ConsumerTally
  readonly #streamed: StreamTally
  readonly #closing = new Closing((timeoutMs) => this.#close(timeoutMs))
  readonly #depth: DepthWatch = new DepthWatch(() => this.depth())
  /** The kind of source, for exporters. */
  readonly kind = 'queue'
  /** The families of figures that exporters show. */
  readonly families = queueFamilies

  /**
   * A queue without a connection: the first add, or consumer, makes one.
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option; `ERR_POOL_REDIS_UNSUPPORTED` for URLs of Sentinel and Cluster
   */
  constructor(options: PooledQueueOptions) {
    const { settings, clientOptions } = queueSettings(options)
    const { queue } = settings
    const events = new QueueEventSet(queue)
    super(events)
    this.#events = events
    this.#consumed = new ConsumerTally(events)
    this.#streamed = new StreamTally(events)
    this.#settings = settings
    this.#clientOptions = clientOptions
    const { connect, disconnect } = events.lines
    const scripts = streamScripts.map(({ text }) => text)
    this.#commands = new RedisClient(clientOptions, scripts, {
      connected: (connections) => {
        if (connections > 1) this.#reconnected()
        if (connect.heard) connect.emit({ queue, connections })
      },
      disconnected: (error) => disconnect.heard && disconnect.emit({ queue, error })
    })
    this.#adds = new StreamAdds(this.#commands, settings, events)
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
    return this.#adds.add(message, options)
  }

  /** Takes messages; as `MessageQueue.consume` says. Each consumer has a connection of its own. */
  consume(options: ConsumeOptions = {}): JobConsumer {
    if (this.closed) throw queueClosed(this.name)
    // Without scripts: it would load them again, and acknowledge, behind its wait for messages.
    const reader = new RedisClient(this.#clientOptions)
    const deliveries = new StreamDeliveries(this.#commands, reader, this.#settings, consumerName(), this.maxMessageBytes, this.#streamed)
    const onEnded = (): void => void deliveries.leave().then(() => this.#consumers.delete(consumer))
    // The reader's remaining commands are acknowledgements, which then leave with other commands.
    const consumer = new Consumer(deliveries, this.#consumed, options, onEnded, () => reader.destroy())
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

  /** A snapshot of this process's counts. */
  stats(): PooledQueueStats {
    const { lateAcks, buried, claimed } = this.#streamed
    const { added, addedBytes, duplicates, refused, stalls, waiting, waitingBytes } = this.#adds
    return Object.freeze({
      name: this.name,
      closed: this.closed,
      added,
      addedBytes,
      duplicates,
      refused,
      stalls,
      waitingAdds: waiting,
      waitingBytes,
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

  /** Closes in order; as `MessageQueue.close` says. Adds under way are completed. */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#closing.begin(options)
  }

  /** Closes in order. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #reconnected(): void {
    for (const [consumer, { deliveries }] of this.#consumers) {
      deliveries.reconnected()
      consumer.renew()
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    check.retireFigures(this)
    const { close } = this.#events.lines
    if (close.heard) close.emit({ queue: this.name })
    this.#adds.close()
    // A Redis that answers nothing holds nothing up for longer.
    const giveUp = (): void => {
      for (const { reader } of this.#consumers.values()) reader.destroy()
      this.#adds.giveUp()
      this.#commands.destroy()
    }
    const timer = setTimeout(giveUp, Math.min(timeoutMs + handBackMs, check.longestTimerMs))
    await Promise.all(
      [...this.#consumers].map(async ([consumer, { deliveries }]) => {
        await consumer.finish(timeoutMs)
        await deliveries.leave()
      })
    )
    await this.#adds.finish()
    await this.#commands.close()
    clearTimeout(timer)
  }
}
