import type { Lease, NonSharedBuffer } from '@pool/core'
import type { RedisReplyError } from './resp-errors.js'

/**
 * A reply of Redis, in either version of its protocol. Text is a string, a payload a lease that belongs to the receiver. A map is an
 * array of its keys and values in turn, so that RESP2 and RESP3 look alike. Whole numbers beyond 2⁵³ are bigints.
 */
export type Reply = string | number | bigint | boolean | null | RedisReplyError | Lease<NonSharedBuffer> | Reply[]

/**
 * Says which bulk strings of a reply are payloads, which land in leases; all others are short texts.
 * @param depth - arrays that are open around the bulk string: 0 for a reply that is nothing else
 * @param index - its place in the innermost array, from 0
 */
export type Landing = (depth: number, index: number) => boolean

/** Where the parts of a reply go. */
export interface ReplyTarget {
  /** The parts that land in leases. */
  readonly lands: Landing
  /**
   * Takes over an array of the reply as soon as it is complete, so that the reply need not be in memory as a whole.
   * @param items - used again for later parts where it was taken over: keep its values, not the array
   * @param depth - arrays that are open around it
   * @returns whether it was taken over; the reply then has null in its place
   */
  takePart?(items: readonly Reply[], depth: number): boolean
  /** A promise that settles when the next payload may come; `undefined` where it may come now. */
  holds?(): Promise<void> | undefined
  /** A payload came that was waited for. */
  progressed?(): void
}

/** For replies without a payload. */
export const landsNothing: Landing = () => false

/** For a reply that is one payload, as of `GET`. */
export const landsWhole: Landing = (depth) => depth === 0

/** Whether a part of a reply is a lease. */
export function isLease(reply: Reply | undefined): reply is Lease<NonSharedBuffer> {
  return typeof reply === 'object' && reply !== null && 'retain' in reply
}

/** Releases every lease of a reply that is not wanted any more. Leases that were released already stay so. */
export function releaseReply(reply: Reply): void {
  if (Array.isArray(reply)) for (const part of reply) releaseReply(part)
  else if (isLease(reply)) reply[Symbol.dispose]()
}
