import { setTimeout as sleep } from 'node:timers/promises'
import { isPoolError, type Lease, type NonSharedBuffer, type StatsSource } from '@pool/core'
import { can } from '@pool/core/kit'
import type { ReplyTaker } from '../../client/pending-command.js'
import type { RedisClient, SendOptions } from '../../client/redis-client.js'
import type { RedisScript } from '../../client/redis-script.js'
import { isLease, type Landing, landsWhole, type Reply, releaseReply } from '../../resp/reply.js'
import { RedisReplyError } from '../../resp/resp-errors.js'
import { referenceOf } from '../../store/payload-reference.js'
import type { QueueSettings } from '../queue-options.js'
import { ackLargeScript, buryScript, claimScript, giveBackScript, renewScript, sweepScript } from '../stream-scripts.js'
import { type Delivery, type DeliveryReceiver, type DeliverySource, usualInFlightBytes } from './delivery.js'
import { StreamAcks } from './stream-acks.js'
import type { StreamTally } from './stream-tally.js'

/** In `XREADGROUP`: [[stream, [[entry, [field, value, …]]]]] in RESP2, without the outermost array in RESP3. */
const landsValues: Landing = (depth, index) => depth >= 4 && index % 2 === 1
/** In the reply of the claim script: [buried, [deliveries, entry, [field, value, …]], …]. */
const landsClaimed: Landing = (depth, index) => depth >= 3 && index % 2 === 1

/**
 * An entry of `XREADGROUP`: its id, and its names and values in turn, or nothing where the entry was removed. In RESP3 it lies as deep as its
 * fields do in RESP2, and the stream with its entries looks alike, but is one less deep.
 */
const isEntry = (items: readonly Reply[], depth: number): boolean =>
  depth >= 2 && items.length === 2 && typeof items[0] === 'string' && (items[1] === null || Array.isArray(items[1]))
/** An entry of the claim script: how often it was delivered, and the same. */
const isClaimed = (items: readonly Reply[], depth: number): boolean => depth === 1 && items.length === 3

/** Refusals that pass after a while: without the group, during a script or a start, while Redis can't write to its disk or its replicas. */
const passingRefusals: ReadonlySet<string> = new Set(['NOGROUP', 'BUSY', 'LOADING', 'MASTERDOWN', 'MISCONF', 'NOREPLICAS'])
/** Time without a sign after which a consumer with nothing pending counts as gone, in ms. */
const goneMs = 3_600_000
/** Time for a consumer to log in on a new connection, and to give a sign for its messages, in ms. */
const loginMs = 1000

/** The messages of one consumer of a stream's group. */
export class StreamDeliveries implements DeliverySource {
  readonly #commands: RedisClient
  readonly #reader: RedisClient
  readonly #settings: QueueSettings
  readonly #consumer: string
  readonly #maxMessageBytes: number
  readonly #tally: StreamTally
  readonly #interrupted = new AbortController()
  #isTaking = false
  /** Whether messages of a request have come, and others may still come. */
  #isWithinReply = false
  readonly #acks: StreamAcks
  #hasGroup: Promise<void> | undefined = undefined
  #isGroupThere = false
  /** The time before which nothing is claimed, as of `performance.now()`. */
  #claimsFromMs = 0

  /**
   * @param commands - the client for acknowledgements
   * @param reader - a connection of its own, since it waits in Redis
   */
  constructor(
    commands: RedisClient,
    reader: RedisClient,
    settings: QueueSettings,
    consumer: string,
    maxMessageBytes: number,
    tally: StreamTally
  ) {
    this.#commands = commands
    this.#reader = reader
    this.#settings = settings
    this.#consumer = consumer
    this.#maxMessageBytes = maxMessageBytes
    this.#tally = tally
    this.#acks = new StreamAcks(commands, settings.streamKey, settings.group, (count) => tally.ackLate(count))
  }

  get maxInFlightBytes(): number {
    const { pool } = this.#commands.settings
    // The other half is for what is on its way: also for the replies to acknowledgements that a loop waits for.
    const half = can(pool, 'stats') ? (pool as unknown as StatsSource).stats().maxLiveBytes / 2 : usualInFlightBytes
    return Math.max(1, Math.floor(Math.min(usualInFlightBytes, half)))
  }

  get claimIdleMs(): number {
    return this.#settings.claimIdleMs
  }

  get claimIntervalMs(): number {
    return this.#settings.claimIntervalMs
  }

  async take(room: () => number, receiver: DeliveryReceiver): Promise<void> {
    // By the end of the turn a loop has acknowledged the jobs that it got so far: all of that leaves with the request, in one piece.
    this.#acks.isHeld = true
    await new Promise(setImmediate)
    this.#acks.isHeld = false
    const { signal } = this.#interrupted
    while (!signal.aborted) {
      this.#isTaking = true
      try {
        if (!this.#isGroupThere) {
          this.#acks.send()
          await this.#makeGroup()
        }
        const count = room()
        if (count === 0) break
        const burying: Promise<void>[] = []
        const take = ([id, fields]: readonly Reply[]): void => {
          this.#isWithinReply = true
          this.#deliver(1, id, fields, receiver, burying)
        }
        const reply = await this.#request(count, { isPart: isEntry, take, holds: () => receiver.holds() })
        await Promise.all(burying)
        if (reply !== null) return
      } catch (error) {
        if (!(await this.#canGoOn(error))) throw error
      } finally {
        this.#isTaking = false
        this.#isWithinReply = false
      }
    }
    this.#acks.send()
  }

  async claim(count: number, bytes: number, receiver: DeliveryReceiver): Promise<void> {
    const { claimIdleMs, maxDeliveries, maxDeadLetters, group } = this.#settings
    await this.#makeGroup()
    // A claim that waited for the connection would arrive before the other consumers are back.
    if (this.#commands.connectionId === 0) await this.#commands.send(['PING'], { idempotent: true, waits: true })
    if (performance.now() < this.#claimsFromMs) return
    const parts = [group, maxDeadLetters, this.#consumer, claimIdleMs, count, maxDeliveries, this.#maxMessageBytes, bytes]
    const burying: Promise<void>[] = []
    const take = ([deliveries, id, fields]: readonly Reply[]): void => {
      this.#tally.claim(1)
      this.#deliver(Number(deliveries), id, fields, receiver, burying)
    }
    const reply = (await this.#run(claimScript, parts, { lands: landsClaimed, taker: { isPart: isClaimed, take } })) as Reply[]
    this.#tally.bury(Number(reply[0]))
    await Promise.all(burying)
  }

  /**
   * The connection was lost, and is there again: Redis may have been away for longer than `claimIdleMs`, in which no consumer could give a
   * sign. Each gets the time to come back before its messages are claimed.
   */
  reconnected(): void {
    this.#claimsFromMs = performance.now() + Math.min(this.#settings.claimIdleMs, this.#commands.settings.reconnectMaxMs + loginMs)
  }

  async fetch(delivery: Delivery): Promise<boolean> {
    const { signal } = this.#interrupted
    const words = ['GET', `${this.#settings.streamKey}:${delivery.reference}`]
    while (!signal.aborted) {
      try {
        const reply = await this.#commands.send(words, { lands: landsWhole, idempotent: true, waits: true, signal })
        if (isLease(reply) && reply.buffer.length === delivery.bytes) {
          delivery.lease = reply
          return true
        }
        releaseReply(reply)
        // Another consumer may have handled and removed it; else it is lost.
        await this.#bury(delivery.entryId, reply === null ? 'payload gone' : 'malformed', delivery.deliveries)
        return false
      } catch (error) {
        if (!(await this.#canGoOn(error))) throw error
      }
    }
    return true
  }

  interrupt(): void {
    this.#interrupted.abort()
    void this.#unblock()
  }

  async renew(entryIds: readonly string[]): Promise<void> {
    // Messages on their way are the consumer's as well, and may wait for room.
    const all = this.#isWithinReply ? 1 : 0
    await this.#run(renewScript, [this.#settings.group, this.#consumer, all, ...entryIds], { idempotent: true })
  }

  ack({ entryId, reference }: Delivery): Promise<void> {
    return reference === undefined ? this.#acks.add(entryId) : this.#ackLarge(entryId, reference)
  }

  async giveBack({ entryId, deliveries }: Delivery, delayMs: number, wasSeen: boolean): Promise<void> {
    const { group, claimIdleMs } = this.#settings
    const idleMs = Math.ceil(claimIdleMs - delayMs)
    const counted = wasSeen ? deliveries : deliveries - 1
    await this.#run(giveBackScript, [group, this.#consumer, entryId, idleMs, counted], { idempotent: true })
  }

  /** Forgets the consumer in Redis, once nothing of it is pending, and others that are gone. Never rejects. */
  async leave(): Promise<void> {
    // After these acknowledgements no message of the consumer is pending.
    await this.#acks.finish()
    if (this.#hasGroup === undefined) return
    // If this fails, the next consumer that leaves does it.
    await this.#run(sweepScript, [this.#settings.group, this.#consumer, goneMs], { idempotent: true }).catch(() => {})
  }

  /** Wakes the reader from its wait in Redis, again and again, since the wait may just be about to begin. */
  async #unblock(): Promise<void> {
    while (this.#isTaking && !this.#reader.closed) {
      const { connectionId } = this.#reader
      // Without a connection nothing was taken that could be lost.
      if (connectionId === 0) this.#reader.destroy()
      else await this.#commands.send(['CLIENT', 'UNBLOCK', connectionId], { timeoutMs: 1000 }).catch(() => {})
      await sleep(20)
    }
  }

  async #canGoOn(error: unknown): Promise<boolean> {
    if (this.#interrupted.signal.aborted) return true
    if (error instanceof RedisReplyError) {
      if (error.redisCode === 'UNBLOCKED') return true
      if (error.redisCode === 'NOGROUP') this.#forgetGroup()
    }
    const passes =
      error instanceof RedisReplyError
        ? passingRefusals.has(error.redisCode)
        : ['ERR_POOL_CONNECTION_LOST', 'ERR_POOL_COMMAND_TIMEOUT', 'ERR_POOL_COMMAND_LIMIT'].some((code) => isPoolError(error, code))
    if (passes) await sleep(50)
    return passes
  }

  #ackLarge(entryId: string, reference: string): Promise<void> {
    const acking = this.#run(ackLargeScript, [this.#settings.group, entryId, reference], { idempotent: true }).then((acked) => {
      this.#tally.ackLate(1 - Number(acked))
    })
    acking.catch(() => {})
    return acking
  }

  async #bury(entryId: string, why: string, deliveries: number): Promise<void> {
    const { group, maxDeadLetters } = this.#settings
    const parts = [group, maxDeadLetters, entryId, why, deliveries]
    this.#tally.bury(Number(await this.#run(buryScript, parts, { idempotent: true })))
  }

  #makeGroup(): Promise<void> {
    const { group, streamKey } = this.#settings
    this.#hasGroup ??= this.#commands.send(['XGROUP', 'CREATE', streamKey, group, '0', 'MKSTREAM'], { idempotent: true }).then(
      () => {
        this.#isGroupThere = true
      },
      (error) => {
        // A Redis without memory makes no group. The group may exist already, and then taking messages frees memory.
        this.#isGroupThere = error instanceof RedisReplyError && /^(BUSYGROUP|OOM)$/.test(error.redisCode)
        if (this.#isGroupThere) return
        this.#hasGroup = undefined
        throw error
      }
    )
    return this.#hasGroup
  }

  #forgetGroup(): void {
    this.#hasGroup = undefined
    this.#isGroupThere = false
  }

  #request(count: number, taker: ReplyTaker): Promise<Reply> {
    const { group, streamKey, blockMs } = this.#settings
    const words = ['XREADGROUP', 'GROUP', group, this.#consumer, 'COUNT', count, 'BLOCK', blockMs, 'STREAMS', streamKey, '>']
    // Behind the request they would wait as long as that. A reader without a connection may never get one.
    this.#acks.send(this.#reader.connectionId === 0 ? this.#commands : this.#reader)
    // There is one request at a time, and commands ahead of it must not cause its refusal.
    return this.#reader.send(words, { lands: landsValues, taker, timeoutMs: blockMs + 30_000, waits: true })
  }

  #run(script: RedisScript, parts: readonly (string | number)[], options: SendOptions): Promise<Reply> {
    const { streamKey, deadKey } = this.#settings
    // The jobs in flight bound these commands.
    return this.#commands.send(['EVALSHA', script.sha, 2, streamKey, deadKey, ...parts], { waits: true, ...options })
  }

  /** Delivers an entry; one that is not a message is buried, and one without fields was removed. */
  #deliver(
    deliveries: number,
    entryId: Reply | undefined,
    fields: Reply | undefined,
    receiver: DeliveryReceiver,
    burying: Promise<void>[]
  ): void {
    if (typeof entryId !== 'string' || !Array.isArray(fields)) return
    let lease: Lease<NonSharedBuffer> | undefined
    let reference: string | undefined
    let id: string | undefined
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const value = fields[at + 1] as Lease<NonSharedBuffer>
      if (fields[at] === 'd' && lease === undefined) lease = value
      else {
        if (fields[at] === 'k') id = value.buffer.toString()
        else if (fields[at] === 'p') reference = value.buffer.toString()
        value.release()
      }
    }
    const large = lease === undefined && reference !== undefined ? referenceOf(reference) : undefined
    const bytes = lease?.buffer.length ?? large?.bytes
    if (bytes === undefined) burying.push(this.#buryQuietly(entryId, 'malformed', deliveries))
    else if (bytes > this.#maxMessageBytes) {
      lease?.release()
      burying.push(this.#buryQuietly(entryId, 'too large', deliveries))
    } else receiver.took({ entryId, id, lease, reference: large === undefined ? undefined : reference, bytes, deliveries })
  }

  /** Buries an entry where that succeeds; else it is claimed later, and buried then. */
  #buryQuietly(entryId: string, why: string, deliveries: number): Promise<void> {
    return this.#bury(entryId, why, deliveries).catch(() => {})
  }
}
