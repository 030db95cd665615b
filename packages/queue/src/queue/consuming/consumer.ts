import * as check from '@pool/core/kit'
import { onAbort, outsideRequests } from '@pool/core/kit'
import type { ConsumeOptions, Job, JobConsumer } from '../message-queue.js'
import type { ConsumerTally } from './consumer-tally.js'
import type { Delivery, DeliveryReceiver, DeliverySource } from './delivery.js'
import { type JobKeeper, QueueJob } from './queue-job.js'

/** The most messages that were given up which are taken at once. */
const claimCount = 16

/**
 * Takes messages ahead of a loop, within bounds, and keeps each until it is settled.
 *
 * ```
 *   source ──► ready, ahead of the loop ──► out: jobs of the loop ──► ack, retry
 *              └──── in flight: bounded in messages and bytes ───┘
 * ```
 */
export class Consumer implements JobConsumer, JobKeeper, DeliveryReceiver {
  readonly #source: DeliverySource
  readonly #tally: ConsumerTally
  readonly #maxInFlight: number
  readonly #maxInFlightBytes: number
  readonly #onEnded: () => void
  readonly #onStopped: () => void
  #unwatch: () => void = ignore
  readonly #claimTimer: NodeJS.Timeout
  readonly #renewTimer: NodeJS.Timeout
  readonly #out: QueueJob[] = []
  #ready: Delivery[] = []
  #inFlightBytes = 0
  /** Bytes of the largest message of late; until the first has come, one is taken alone. */
  #typicalBytes = Number.POSITIVE_INFINITY
  /** Bytes of the largest one that came since. */
  #largestBytes = 0
  #taking: Promise<void> | undefined = undefined
  /** Whether there was room for more when a job was given last, while messages came. */
  #takesAgain = false
  #claiming: Promise<void> | undefined = undefined
  #fetching: Promise<void> | undefined = undefined
  #failedWith: { readonly error: unknown } | undefined = undefined
  #stopped: Promise<void> | undefined = undefined
  #woken: (() => void)[] = []
  /** Messages that came when it had stopped, on their way back. */
  readonly #leaving: Promise<void>[] = []
  /** Settles when messages that are still to come have room. */
  #holding: { readonly promise: Promise<void>; readonly end: () => void } | undefined = undefined

  /**
   * A consumer that takes messages from now on.
   * @param onEnded - called when nothing is taken any more, and no job is out
   * @param onStopped - called before, when nothing is taken any more
   * @throws `ERR_POOL_INVALID_OPTION`
   */
  constructor(source: DeliverySource, tally: ConsumerTally, options: ConsumeOptions, onEnded: () => void, onStopped = ignore) {
    check.validOptions('options', options, ['maxInFlight', 'maxInFlightBytes', 'signal'])
    const { maxInFlight = 64, maxInFlightBytes = source.maxInFlightBytes } = options
    this.#source = source
    this.#tally = tally
    this.#onEnded = onEnded
    this.#onStopped = onStopped
    this.#maxInFlight = check.validInteger('maxInFlight', maxInFlight, 1, 10_000)
    this.#maxInFlightBytes = check.validInteger('maxInFlightBytes', maxInFlightBytes, 1, Number.MAX_SAFE_INTEGER)
    const signal = check.optionalSignal(options.signal)
    const every = (ms: number, act: () => void): NodeJS.Timeout => outsideRequests(() => setInterval(act, ms)).unref()
    this.#claimTimer = every(source.claimIntervalMs, () => this.#claim())
    this.#renewTimer = every(source.claimIdleMs / 3, () => this.renew())
    this.#unwatch = onAbort(signal, () => void this.stop())
    this.#claim()
    this.#take()
  }

  /** Messages that are taken and not settled. */
  get inFlight(): number {
    return this.#ready.length + this.#out.length
  }

  /** @internal The longest delay of a retry: as long as a message may be out. */
  get maxDelayMs(): number {
    return this.#source.claimIdleMs
  }

  next(): Promise<IteratorResult<Job, undefined>> {
    // Most messages are there before they are asked for.
    const job = this.#nextJob()
    return job === undefined ? this.#nextLater() : Promise.resolve({ done: false, value: job })
  }

  async #nextLater(): Promise<IteratorResult<Job, undefined>> {
    for (;;) {
      if (this.#stopped !== undefined) return over
      const job = this.#nextJob()
      if (job !== undefined) return { done: false, value: job }
      if (this.#failedWith !== undefined) {
        await this.stop()
        throw this.#failedWith.error
      }
      // Begun before, since messages of the same process come at once.
      const changed = this.#change()
      this.#take()
      await changed
    }
  }

  #nextJob(): Job | undefined {
    const delivery = this.#ready[0]
    if (delivery?.lease === undefined || this.#stopped !== undefined) return undefined
    this.#ready.shift()
    const job = new QueueJob(this, delivery, delivery.lease, this.#out.length)
    this.#out.push(job)
    this.#fetch()
    this.#tally.deliver(delivery)
    this.#take()
    return job
  }

  async return(): Promise<IteratorResult<Job, undefined>> {
    await this.stop()
    return over
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Stops, waits until the jobs that are out are settled, and hands back those that are not within `timeoutMs`. Never rejects. */
  async finish(timeoutMs: number): Promise<void> {
    await this.stop()
    for (const end = performance.now() + timeoutMs; this.#out.length > 0 && performance.now() < end; ) {
      await this.#change(end - performance.now())
    }
    // Their loop may still read them, so that their memory stays theirs.
    await Promise.allSettled([...this.#out].map((job) => this.giveBack(job, 0)))
  }

  /** Gives a sign for all messages that are taken. */
  renew(): void {
    const entryIds = [...this.#ready, ...[...this.#out].map(({ delivery }) => delivery)].map(({ entryId }) => entryId)
    if (entryIds.length > 0) this.#source.renew(entryIds).catch(ignore)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** @internal */
  ack(job: QueueJob): Promise<void> {
    if (this.#forget(job)) this.#tally.acked++
    return this.#source.ack(job.delivery)
  }

  /** @internal */
  giveBack(job: QueueJob, delayMs: number): Promise<void> {
    if (!this.#forget(job)) return Promise.resolve()
    this.#tally.retried++
    const givingBack = this.#source.giveBack(job.delivery, delayMs, true)
    givingBack.catch(ignore)
    return givingBack
  }

  async #stop(): Promise<void> {
    this.#unwatch()
    clearInterval(this.#claimTimer)
    this.#source.interrupt()
    this.#wake()
    this.#holdNoLonger()
    await this.#fetching
    // Before all have come: those that come may wait for the memory of these.
    for (const delivery of this.#ready.splice(0)) this.#handBack(delivery)
    await Promise.all([this.#taking, this.#claiming])
    await Promise.all(this.#leaving)
    this.#onStopped()
    void this.#end()
  }

  /** Hands back a message that no loop has got. */
  #handBack(delivery: Delivery): void {
    this.#leave(delivery)
    this.#tally.handedBack++
    delivery.lease?.release()
    this.#leaving.push(this.#source.giveBack(delivery, 0, false).catch(ignore))
  }

  /** Waits until the jobs that are out are settled; until then they are kept from other consumers. */
  async #end(): Promise<void> {
    while (this.#out.length > 0) await this.#change()
    clearInterval(this.#renewTimer)
    this.#onEnded()
  }

  /** Takes more, once half of the jobs that may be in flight have ended: each time costs a message to the queue. */
  #take(): void {
    if (this.#stopped !== undefined || this.#failedWith !== undefined) return
    const room = this.#room()
    const isWorthIt = room > 0 && (this.#ready.length === 0 || room >= this.#maxInFlight / 2)
    this.#takesAgain = isWorthIt && this.#taking !== undefined
    if (!isWorthIt || this.#takesAgain) return
    // It goes on for as long as the consumer does, and must keep nothing of the request that asked for a message.
    this.#taking = outsideRequests(() => this.#takeMore())
  }

  #takeMore(): Promise<void> {
    return this.#source
      .take(() => this.#room(), this)
      .then(
        () => {
          this.#taking = undefined
          this.#estimate()
          if (this.#takesAgain || this.#ready.length > 0 || this.#woken.length > 0) this.#take()
        },
        (error) => {
          this.#taking = undefined
          this.#failedWith = { error }
          this.#wake()
        }
      )
  }

  #claim(): void {
    const room = Math.min(this.#room(), claimCount)
    if (this.#claiming !== undefined || this.#stopped !== undefined || room === 0) return
    this.#claiming = this.#source.claim(room, this.#maxInFlightBytes - this.#inFlightBytes, this).then(
      () => {
        this.#claiming = undefined
        this.#estimate()
      },
      () => {
        // The error is ignored here, since `take` meets it, too.
        this.#claiming = undefined
      }
    )
  }

  /** Brings the next message where it lies beside the stream: one ahead of the loop, since such a message is large. */
  #fetch(): void {
    const [delivery] = this.#ready
    if (delivery === undefined || delivery.lease !== undefined || this.#fetching !== undefined || this.#stopped !== undefined) return
    this.#fetching = this.#source.fetch(delivery).then(
      (isThere) => {
        this.#fetching = undefined
        if (!isThere) {
          this.#ready.shift()
          this.#leave(delivery)
          this.#take()
          this.#fetch()
        }
        this.#wake()
      },
      (error) => {
        this.#fetching = undefined
        this.#failedWith = { error }
        this.#wake()
      }
    )
  }

  /** How many messages may be taken now. */
  #room(): number {
    const bytes = this.#maxInFlightBytes - this.#inFlightBytes
    if (bytes <= 0) return 0
    const typicalBytes = Math.max(this.#typicalBytes, this.#largestBytes)
    return Math.min(this.#maxInFlight - this.inFlight, Math.max(1, Math.floor(bytes / typicalBytes)))
  }

  /** @internal Messages can be larger than those before them, by which the room for them was judged. */
  holds(): Promise<void> | undefined {
    if (this.#inFlightBytes < this.#maxInFlightBytes || this.#stopped !== undefined) return undefined
    if (this.#holding === undefined) {
      let end = ignore
      const promise = new Promise<void>((resolve) => {
        end = resolve
      })
      this.#holding = { promise, end }
    }
    return this.#holding.promise
  }

  /** @internal */
  took(delivery: Delivery): void {
    const { bytes } = delivery
    this.#inFlightBytes += bytes
    this.#tally.inFlight++
    this.#tally.inFlightBytes += bytes
    if (bytes >= this.#largestBytes) this.#largestBytes = Math.max(1, bytes)
    if (this.#stopped !== undefined) {
      this.#handBack(delivery)
      return
    }
    this.#ready.push(delivery)
    this.#fetch()
    this.#wake()
  }

  /** Learns from the messages that came how large the next ones may be. */
  #estimate(): void {
    if (this.#largestBytes === 0) return
    const before = this.#typicalBytes === Number.POSITIVE_INFINITY ? 1 : this.#typicalBytes
    this.#typicalBytes = Math.max(this.#largestBytes, before / 2)
    this.#largestBytes = 0
  }

  #forget(job: QueueJob): boolean {
    const { place } = job
    if (place < 0) return false
    job.place = -1
    // The last one takes its place.
    const last = this.#out.pop() as QueueJob
    if (last !== job) {
      this.#out[place] = last
      last.place = place
    }
    this.#leave(job.delivery)
    this.#wake()
    return true
  }

  #leave(delivery: Delivery): void {
    this.#inFlightBytes -= delivery.bytes
    this.#tally.inFlight--
    this.#tally.inFlightBytes -= delivery.bytes
    if (this.#holding !== undefined && this.#inFlightBytes < this.#maxInFlightBytes) this.#holdNoLonger()
  }

  #holdNoLonger(): void {
    this.#holding?.end()
    this.#holding = undefined
  }

  /** Waits until a message came, a job was settled, or the consumer has stopped. */
  #change(timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeoutMs < Number.POSITIVE_INFINITY ? setTimeout(resolve, timeoutMs) : undefined
      this.#woken.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #wake(): void {
    if (this.#woken.length === 0) return
    for (const woken of this.#woken.splice(0)) woken()
  }
}

const over = { done: true, value: undefined } as const
const ignore = (): void => {}
