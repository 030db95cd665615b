import { randomBytes } from 'node:crypto'
import type { Lease, NonSharedBuffer } from '@pool/core'
import { clientOptionsOf } from '../client/client-options.js'
import { RedisClient } from '../client/redis-client.js'
import { MessageContent } from '../queue/message-content.js'
import type { Message } from '../queue/message-queue.js'
import { isLease, landsWhole, releaseReply } from '../resp/reply.js'
import { newReference, type PayloadReference, parseReference, referenceText } from './payload-reference.js'
import {
  type CallSettings,
  callSettings,
  type PayloadStoreOptions,
  type PutOptions,
  type StoreSettings,
  storeSettings,
  type TakeOptions
} from './payload-store-options.js'
import type { PayloadStoreStats } from './payload-store-stats.js'
import { payloadDiffers, payloadGone, payloadTooLarge } from './store-errors.js'
import { countScript, dropScript, storeScripts } from './store-scripts.js'

/** For how long a take can be sent again, in ms. */
const repeatableMs = 60_000

/**
 * Payloads beside a queue whose jobs are JSON, such as BullMQ's: the job carries a reference of some forty characters, the bytes go past it.
 *
 * ```
 *   put(lease) ──► SET, sent from where the lease lies ──► reference ──► a job of any queue
 *                                                                           │
 *   lease, read from the socket ◄── GET ◄── take(reference), or read(reference) and drop(reference)
 * ```
 *
 * A payload is removed when it was taken as often as it was put for, and at the latest when it expires. A job that is tried again needs its
 * payload again: `read` it in the handler, and `drop` it when the job is done.
 */
export class PayloadStore implements AsyncDisposable {
  readonly #settings: StoreSettings
  readonly #client: RedisClient
  #puts = 0
  #putBytes = 0
  #takes = 0
  #reads = 0
  #receivedBytes = 0
  #gone = 0

  /**
   * A store without a connection: the first call makes one.
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option; `ERR_POOL_REDIS_UNSUPPORTED` for URLs of Sentinel and Cluster
   */
  constructor(options: PayloadStoreOptions = {}) {
    this.#settings = storeSettings(options)
    this.#client = new RedisClient(
      clientOptionsOf(options),
      storeScripts.map(({ text }) => text)
    )
  }

  /** The store's name in stats and errors: the prefix of its keys. */
  get name(): string {
    return this.#settings.prefix
  }

  /** The most bytes of one payload. */
  get maxMessageBytes(): number {
    return this.#client.settings.maxMessageBytes
  }

  /**
   * Puts a payload. When the connection goes before the answer, it is sent again; no payload is ever there twice.
   * @param payload - a lease, or the leases of a list, belong to the store from here on, also when the call fails; bytes must not change until
   * the promise settles
   * @returns the reference, once Redis has all of the payload
   * @throws (rejects) `ERR_POOL_TOO_LARGE`; `ERR_POOL_COMMAND_TIMEOUT`; `ERR_POOL_COMMAND_LIMIT`; `ERR_POOL_REDIS_REPLY`, such as when Redis has
   * no memory; `ERR_POOL_CLOSED`; `ERR_POOL_INVALID_OPTION`; the signal's reason. A payload that Redis has all the same is removed, or expires
   */
  async put(payload: Message, options: PutOptions = {}): Promise<string> {
    const content = new MessageContent(payload)
    try {
      const settings = this.#call(options, ['takes', 'expireMs', 'timeoutMs', 'signal'])
      content.refuseBeyond(this.maxMessageBytes, this.name)
      const reference = newReference(content.bytes)
      await this.#put(reference, content, settings)
      this.#puts++
      this.#putBytes += content.bytes
      return referenceText(reference)
    } finally {
      content.release()
    }
  }

  /**
   * Takes a payload: reads it, and counts the take, which removes the payload where it is the last. It counts once the bytes are here, so that
   * a take which was called off or failed before leaves all as it was; of takes at the same time, no more succeed than there are left.
   * @param options - `timeoutMs`, for the bytes; `signal` calls off until the bytes are here
   * @returns a lease of exactly the payload, the caller's
   * @throws (rejects) `ERR_POOL_PAYLOAD_GONE`; `ERR_POOL_PAYLOAD_DIFFERS`; `ERR_POOL_TOO_LARGE`; `ERR_POOL_COMMAND_TIMEOUT`, after which the take may
   * have been counted; `ERR_POOL_CLOSED`; `ERR_POOL_INVALID_OPTION`; the signal's reason
   */
  async take(reference: string, options: TakeOptions = {}): Promise<Lease<NonSharedBuffer>> {
    const parsed = parseReference(reference)
    const lease = await this.#fetch(parsed, options)
    try {
      if (!(await this.#count(parsed))) throw this.#isGone(true)
    } catch (error) {
      lease.release()
      throw error
    }
    this.#takes++
    return lease
  }

  /**
   * Reads a payload, and leaves it where it is: for handlers that may be called again.
   * @returns a lease of exactly the payload, the caller's
   * @throws (rejects) as {@link PayloadStore.take}
   */
  async read(reference: string, options: TakeOptions = {}): Promise<Lease<NonSharedBuffer>> {
    const lease = await this.#fetch(parseReference(reference), options)
    this.#reads++
    return lease
  }

  /**
   * Counts a take without reading: the job is done, or will never be.
   * @returns whether there was a take left to count; false where the payload is gone already
   * @throws (rejects) `ERR_POOL_COMMAND_TIMEOUT`; `ERR_POOL_CLOSED`; `ERR_POOL_INVALID_OPTION`
   */
  async drop(reference: string): Promise<boolean> {
    return this.#count(parseReference(reference))
  }

  /** A snapshot of this process's counts. */
  stats(): PayloadStoreStats {
    return Object.freeze({
      name: this.name,
      closed: this.#client.closed,
      puts: this.#puts,
      putBytes: this.#putBytes,
      takes: this.#takes,
      reads: this.#reads,
      receivedBytes: this.#receivedBytes,
      gone: this.#gone,
      client: this.#client.stats()
    })
  }

  /** Takes no more calls, waits for those that are under way, then closes the connection. Payloads stay in Redis. Never rejects. */
  close(): Promise<void> {
    return this.#client.close()
  }

  /** Closes in order. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #put(reference: PayloadReference, content: MessageContent, settings: CallSettings): Promise<void> {
    const { takes, expireMs, timeoutMs, signal } = settings
    const deadline = performance.now() + timeoutMs
    const abortable = signal === undefined ? {} : { signal }
    const message = await content.prepared(this.#client.settings.pool, { timeoutMs, ...abortable })
    const options = { idempotent: true, timeoutMs: Math.max(1, deadline - performance.now()), ...abortable }
    const { payloadKey, takesKey } = this.#keys(reference)
    const commands = [this.#client.send(['SET', payloadKey, message, 'PX', expireMs], options)]
    // Before the reference is known, no taker can come in between. It outlives the payload, which would else count for one take.
    if (takes > 1) commands.push(this.#client.send(['EVALSHA', countScript.sha, 1, takesKey, takes, expireMs + repeatableMs], options))
    try {
      await Promise.all(commands)
    } catch (error) {
      // Not waited for, and where it fails, the payload expires: nothing knows the reference.
      this.#client.send(['UNLINK', payloadKey, takesKey], { idempotent: true }).catch(() => {})
      throw error
    }
  }

  async #fetch(reference: PayloadReference, options: TakeOptions): Promise<Lease<NonSharedBuffer>> {
    const { timeoutMs, signal } = this.#call(options, ['timeoutMs', 'signal'])
    if (reference.bytes > this.maxMessageBytes) throw payloadTooLarge(reference.bytes, this.maxMessageBytes)
    const { payloadKey, takesKey } = this.#keys(reference)
    const abortable = signal === undefined ? {} : { signal }
    const reply = await this.#client.send(['GET', payloadKey], { idempotent: true, lands: landsWhole, timeoutMs, ...abortable })
    if (!isLease(reply)) throw this.#isGone((await this.#client.send(['HGET', takesKey, 'left'], { idempotent: true })) === '0')
    const { length } = reply.buffer
    if (length !== reference.bytes) {
      releaseReply(reply)
      throw payloadDiffers(length, reference.bytes)
    }
    this.#receivedBytes += length
    return reply
  }

  /** Counts one take; false where there is none left. */
  async #count(reference: PayloadReference): Promise<boolean> {
    const { payloadKey, takesKey } = this.#keys(reference)
    const token = randomBytes(9).toString('base64url')
    const words = ['EVALSHA', dropScript.sha, 2, payloadKey, takesKey, token, repeatableMs]
    return Number(await this.#client.send(words, { idempotent: true, waits: true })) >= 0
  }

  #isGone(wasTaken: boolean): Error {
    this.#gone++
    return payloadGone(wasTaken)
  }

  #call(options: PutOptions, known: readonly string[]): CallSettings {
    return callSettings(options, known, this.#settings.expireMs, this.#client.settings.commandTimeoutMs)
  }

  #keys({ token }: PayloadReference): { readonly payloadKey: string; readonly takesKey: string } {
    const payloadKey = `${this.#settings.prefix}:{payload:${token}}`
    return { payloadKey, takesKey: `${payloadKey}:takes` }
  }
}
