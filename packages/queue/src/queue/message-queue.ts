import type { Lease, LeaseList, NonSharedBuffer } from '@pool/core'
import type { QueueEvents } from './queue-events.js'

/**
 * A message: bytes or text, which are copied; a lease, which the queue takes over; or a list of leases, such as a `PooledBufferList`, which the
 * queue empties, and sends from where its pieces lie.
 */
export type Message = Uint8Array | string | Lease<Buffer> | LeaseList<Lease<Buffer>>

/** How a message is added. */
export interface AddOptions {
  /**
   * Names the message, 1 to 200 characters: within `dedupeMs` a second one of that id is not added. Such an add is sent again by itself when
   * the connection goes before the answer.
   */
  readonly id?: string
  /** Longest wait in ms, for room in the queue and for the answer together; `Infinity` for none. Default: `commandTimeoutMs`. */
  readonly timeoutMs?: number
  /** Calls the wait off; the promise then rejects with the signal's reason. The message may have been added all the same. */
  readonly signal?: AbortSignal
}

/** The result of an add. */
export interface Added {
  /** The entry in the queue: of this message, or of the earlier one of its id. */
  readonly entryId: string
  /** Whether a message of that id was there before, so that this one was left out. */
  readonly duplicate: boolean
}

/** How messages are taken. */
export interface ConsumeOptions {
  /** The most messages that are taken and neither acknowledged nor handed back. Default 64. */
  readonly maxInFlight?: number
  /** Bytes of these; one message more is always taken. Default 16 MiB; with Redis at most half of what the queue's pool may hold. */
  readonly maxInFlightBytes?: number
  /** Stops as `stop()` does. */
  readonly signal?: AbortSignal
}

/** One message that was taken, until it is acknowledged or handed back. */
export interface Job extends Disposable, AsyncDisposable {
  /** The entry in the queue. */
  readonly entryId: string
  /** The id that the message was added with, if any. */
  readonly id: string | undefined
  /**
   * The message, valid until the job is settled.
   * @throws `ERR_POOL_LEASE_RELEASED` afterwards
   */
  readonly buffer: Buffer
  /** How often the message was delivered, this time among them: above 1, an earlier consumer may have handled it. */
  readonly deliveries: number
  /** Milliseconds since the message was added, by the clocks of the queue and of this process. */
  readonly ageMs: number
  /** Whether the job was acknowledged or handed back. */
  readonly settled: boolean
  /**
   * A lease of the message of its own, for bytes that are needed longer than the job.
   * @throws `ERR_POOL_LEASE_RELEASED` once the job is settled
   */
  retain(): Lease<NonSharedBuffer>
  /**
   * The message is handled: removes it from the queue, and gives its memory back at once. When the promise rejects, the message is delivered
   * again; the promise may be ignored, and its rejection then goes unreported.
   * @throws `ERR_POOL_JOB_SETTLED` when the job is settled
   */
  ack(): Promise<void>
  /**
   * Hands the message back, to be delivered again, and gives its memory back at once. The promise may be ignored, as of {@link Job.ack}.
   * @param options - `delayMs`: how long at least before it is delivered again, 0..`claimIdleMs`. Default 0
   * @throws `ERR_POOL_JOB_SETTLED` when the job is settled; `ERR_POOL_INVALID_OPTION`
   */
  retry(options?: { readonly delayMs?: number }): Promise<void>
  /** Hands the message back unless the job is settled: for a handler that threw. */
  [Symbol.dispose](): void
  /** Hands the message back unless the job is settled, and waits for that; never rejects. */
  [Symbol.asyncDispose](): Promise<void>
}

/** The messages of a queue as they come: `for await (using job of queue.consume())`. */
export interface JobConsumer extends AsyncIterableIterator<Job> {
  /** Messages that are taken and not settled: those of the loop, and those that wait for it. */
  readonly inFlight: number
  /**
   * Takes no more messages, ends the loop, and hands back those that the loop has not got. Those that it has are still to be settled.
   * Leaving the loop does this, too. Never rejects.
   */
  stop(): Promise<void>
}

/** The methods of every queue, through Redis or within one process. */
export interface MessageQueue extends AsyncDisposable {
  /** The queue's name in stats, errors and metrics. */
  readonly name: string
  /** The most bytes of one message. */
  readonly maxMessageBytes: number
  /**
   * Adds a message at the end.
   * @param message - a lease, or the leases of a list, belong to the queue from here on, also when the add fails; the memory goes back when
   * nothing sends from it. Bytes must not change until the promise settles
   * @throws (rejects) `ERR_POOL_QUEUE_FULL` where it may not wait for room; `ERR_POOL_TOO_LARGE`; `ERR_POOL_COMMAND_TIMEOUT`;
   * `ERR_POOL_CLOSED`; `ERR_POOL_INVALID_OPTION`; the signal's reason
   */
  add(message: Message, options?: AddOptions): Promise<Added>
  /**
   * Takes messages, each of which one consumer gets. One that is neither acknowledged nor handed back is delivered again, to any consumer.
   * @throws `ERR_POOL_CLOSED`, `ERR_POOL_INVALID_OPTION`
   */
  consume(options?: ConsumeOptions): JobConsumer
  /** Calls `listener` at each `event`. */
  on<E extends keyof QueueEvents>(event: E, listener: (event: QueueEvents[E]) => void): this
  /** Takes `listener` away again. */
  off<E extends keyof QueueEvents>(event: E, listener: (event: QueueEvents[E]) => void): this
  /** Calls `listener` at the next `event` only. */
  once<E extends keyof QueueEvents>(event: E, listener: (event: QueueEvents[E]) => void): this
  /**
   * Closes in order: consumers stop, jobs that are out may be settled for `timeoutMs`, the rest is handed back within a second
   * more. Never rejects.
   * @param options - `timeoutMs`: default 10 000
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>
}
