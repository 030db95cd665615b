import { setTimeout as sleep } from 'node:timers/promises'
import { isPoolError, type Lease, type NonSharedBuffer } from '@pool/core'
import type { RedisClient, SendOptions } from '../../client/redis-client.js'
import type { RedisScript } from '../../client/redis-script.js'
import { isLease, type Landing, landsWhole, type Reply, releaseReply } from '../../resp/reply.js'
import { RedisReplyError } from '../../resp/resp-errors.js'
import { referenceOf } from '../../store/payload-reference.js'
import type { QueueSettings } from '../queue-options.js'
import { ackLargeScript, buryScript, claimScript, giveBackScript, renewScript, sweepScript } from '../stream-scripts.js'
import type { Delivery, DeliverySource } from './delivery.js'
import { StreamAcks } from './stream-acks.js'
import type { StreamTally } from './stream-tally.js'

/** In `XREADGROUP`: [[stream, [[entry, [field, value, …]]]]] in RESP2, without the outermost array in RESP3. */
const landsValues: Landing = (depth, index) => depth >= 4 && index % 2 === 1
/** In the reply of the claim script: [buried, [deliveries, entry, [field, value, …]], …]. */
const landsClaimed: Landing = (depth, index) => depth >= 3 && index % 2 === 1

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

  get claimIdleMs(): number {
    return this.#settings.claimIdleMs
  }

  get claimIntervalMs(): number {
    return this.#settings.claimIntervalMs
  }

  async take(room: () => number): Promise<readonly Delivery[]> {
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
        const reply = await this.#request(count)
        if (reply !== null) return await this.#deliveries(entriesOf(reply))
      } catch (error) {
        if (!(await this.#canGoOn(error))) throw error
      } finally {
        this.#isTaking = false
      }
    }
    this.#acks.send()
    return []
  }

  async claim(count: number): Promise<readonly Delivery[]> {
    const { claimIdleMs, maxDeliveries, maxDeadLetters, group } = this.#settings
    await this.#makeGroup()
    // A claim that waited for the connection would arrive before the other consumers are back.
    if (this.#commands.connectionId === 0) await this.#commands.send(['PING'], { idempotent: true, waits: true })
    if (performance.now() < this.#claimsFromMs) return []
    const parts = [group, maxDeadLetters, this.#consumer, claimIdleMs, count, maxDeliveries, this.#maxMessageBytes]
    const reply = (await this.#run(claimScript, parts, { lands: landsClaimed })) as Reply[]
    this.#tally.bury(Number(reply[0]))
    this.#tally.claim(reply.length - 1)
    return this.#deliveries(reply.slice(1) as never)
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
    await this.#run(renewScript, [this.#settings.group, this.#consumer, ...entryIds], { idempotent: true })
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

  #request(count: number): Promise<Reply> {
    const { group, streamKey, blockMs } = this.#settings
    const words = ['XREADGROUP', 'GROUP', group, this.#consumer, 'COUNT', count, 'BLOCK', blockMs, 'STREAMS', streamKey, '>']
    // Behind the request they would wait as long as that. A reader without a connection may never get one.
    this.#acks.send(this.#reader.connectionId === 0 ? this.#commands : this.#reader)
    // There is one request at a time, and commands ahead of it must not cause its refusal.
    return this.#reader.send(words, { lands: landsValues, timeoutMs: blockMs + 30_000, waits: true })
  }

  #run(script: RedisScript, parts: readonly (string | number)[], options: SendOptions): Promise<Reply> {
    const { streamKey, deadKey } = this.#settings
    // The jobs in flight bound these commands.
    return this.#commands.send(['EVALSHA', script.sha, 2, streamKey, deadKey, ...parts], { waits: true, ...options })
  }

  /** Makes deliveries of entries; entries that are not messages are buried. */
  async #deliveries(entries: readonly (StreamEntry | ClaimedEntry)[]): Promise<readonly Delivery[]> {
    const deliveries: Delivery[] = []
    const burying: Promise<void>[] = []
    for (const entry of entries) {
      const isNew = entry.length === 2
      const count = isNew ? 1 : entry[0]
      const entryId = isNew ? entry[0] : entry[1]
      const fields = isNew ? entry[1] : entry[2]
      if (fields === null) continue
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
      if (bytes === undefined) burying.push(this.#bury(entryId, 'malformed', count))
      else if (bytes > this.#maxMessageBytes) burying.push(this.#bury(entryId, 'too large', count))
      else {
        if (large === undefined) reference = undefined
        deliveries.push({ entryId, id, lease, reference, bytes, deliveries: count })
      }
    }
    if (burying.length > 0) await Promise.allSettled(burying)
    return deliveries
  }
}

/** An entry that is new: its id, and its names and values in turn, or nothing where the entry was removed. */
type StreamEntry = readonly [entryId: string, fields: readonly Reply[] | null]
/** An entry that was taken over: how often it was delivered, and the same. */
type ClaimedEntry = readonly [deliveries: number, entryId: string, fields: readonly Reply[]]

/** The entries of one stream in a reply of `XREADGROUP`, of either version of the protocol. */
function entriesOf(reply: Reply): readonly StreamEntry[] {
  const streams = reply as Reply[]
  return (Array.isArray(streams[0]) ? streams[0][1] : streams[1]) as never
}
