import type { Lease, NonSharedBuffer } from '@pool/core'

/** One message as a queue delivers it. */
export interface Delivery {
  /** The entry in the queue: when it was added, in ms since 1970, `-` and a number. */
  readonly entryId: string
  /** The id that it was added with. */
  readonly id: string | undefined
  /** The bytes, the receiver's; absent while they lie beside the stream, until {@link DeliverySource.fetch} has brought them. */
  lease: Lease<NonSharedBuffer> | undefined
  /** Where the bytes lie, if beside the stream. */
  readonly reference: string | undefined
  /** The number of bytes. */
  readonly bytes: number
  /** How often it was delivered, this time among them. */
  readonly deliveries: number
}

/** The most bytes in flight by default. */
export const usualInFlightBytes = 16 * 1024 * 1024

/** The receiver of messages. */
export interface DeliveryReceiver {
  /** Takes over a message. */
  took(delivery: Delivery): void
  /** A promise that settles when it can take one more; `undefined` where it can now. */
  holds(): Promise<void> | undefined
}

/** Where a consumer's messages come from, and go to. */
export interface DeliverySource {
  /** The most bytes in flight, where a consumer's options do not say. */
  readonly maxInFlightBytes: number
  /** How long a message may be out without a sign of life, in ms, before it is delivered again. */
  readonly claimIdleMs: number
  /** How often messages that were given up are looked for, in ms. */
  readonly claimIntervalMs: number
  /**
   * Takes up to as many new messages as there is room for when they are asked for, waiting for the first for a while.
   * @param receiver - gets each as soon as it is there, before the others have come
   * @throws (rejects) an error after which nothing can be taken any more
   */
  take(room: () => number, receiver: DeliveryReceiver): Promise<void>
  /** Takes up to `count` messages of `bytes` in all that were handed back, or that their consumer gave no sign of for `claimIdleMs`. */
  claim(count: number, bytes: number, receiver: DeliveryReceiver): Promise<void>
  /**
   * Brings the bytes of a message that lie beside the stream, unless interrupted.
   * @returns false where the message is gone, so that it is not to be delivered
   * @throws (rejects) an error after which nothing can be taken any more
   */
  fetch(delivery: Delivery): Promise<boolean>
  /** Ends a `take` or a `fetch` that waits. */
  interrupt(): void
  /** Tells that these messages are still being worked on. */
  renew(entryIds: readonly string[]): Promise<void>
  /** Removes a message for good. A rejection of the promise goes unreported. */
  ack(delivery: Delivery): Promise<void>
  /**
   * Hands a message back.
   * @param wasSeen - false where no loop got it, so that the delivery does not count
   */
  giveBack(delivery: Delivery, delayMs: number, wasSeen: boolean): Promise<void>
}
