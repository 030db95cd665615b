import type { RedisClient, SendOptions } from '../../client/redis-client.js'
import { newReference, referenceText } from '../../store/payload-reference.js'
import type { PreparedMessage } from '../message-content.js'
import { discardScript } from '../stream-scripts.js'

/** For how long a payload stays that no entry refers to, in ms: where its producer has died before the add. */
export const unreferencedMs = 60_000

/**
 * The payload of one add, beside the stream. It expires until an entry refers to it, which the script that adds the entry sees to in the same
 * step: whenever a producer dies, there is either a whole message or nothing that stays.
 *
 * ```
 *   SET <stream>:<reference> … NX PX ──► EVALSHA: XADD p <reference>, PERSIST ──► GET by the consumer ──► ack: XDEL, UNLINK
 *          └── died here: it expires                                                          └── buried: it stays
 * ```
 */
export class LargeMessage {
  readonly #client: RedisClient
  readonly #payloadKey: string
  readonly #message: PreparedMessage
  #wasSent = false
  /** The reference to it in the entry. */
  readonly reference: string

  constructor(client: RedisClient, streamKey: string, message: PreparedMessage, bytes: number) {
    this.#client = client
    this.#message = message
    this.reference = referenceText(newReference(bytes))
    this.#payloadKey = `${streamKey}:${this.reference}`
  }

  /** Puts the payload into Redis, for {@link unreferencedMs}. */
  async put(options: SendOptions): Promise<void> {
    this.#wasSent = true
    // NX: the first of two that were sent on different connections may come last, and would let a payload expire that is in use.
    await this.#client.send(['SET', this.#payloadKey, this.#message, 'NX', 'PX', unreferencedMs], { ...options, idempotent: true })
  }

  /** Removes the payload unless an entry refers to it. Not waited for: where it fails, the payload expires. */
  discard(): void {
    if (!this.#wasSent) return
    const words = ['EVALSHA', discardScript.sha, 1, this.#payloadKey]
    this.#client.send(words, { idempotent: true, waits: true }).catch(() => {})
  }
}
