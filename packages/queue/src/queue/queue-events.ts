import { EventSet } from '@pool/core/kit'

/** The events of a queue, and their payloads; `queue` is its name. Nothing is made or called for an event without listeners. */
export interface QueueEvents {
  /** An add has to wait, for earlier adds or for room in the queue; `waiting` adds do so now. */
  stall: { readonly queue: string; readonly bytes: number; readonly waiting: number }
  /** An add of `bytes` was refused, since the queue is full. */
  refuse: { readonly queue: string; readonly bytes: number }
  /** A loop got a message that had been delivered before: an earlier consumer may have handled it. */
  redeliver: { readonly queue: string; readonly entryId: string; readonly deliveries: number }
  /** Messages were taken over that their consumer had handed back, or gave no sign of. */
  claim: { readonly queue: string; readonly count: number }
  /** Messages went to the dead letters. */
  bury: { readonly queue: string; readonly count: number }
  /** Messages were acknowledged that another consumer has handled as well, or whose acknowledgement was sent again after a lost connection. */
  lateAck: { readonly queue: string; readonly count: number }
  /** The connection that adds and acknowledgements go through was made, for the `connections`th time. */
  connect: { readonly queue: string; readonly connections: number }
  /** That connection went, or could not be made; `error` is why. */
  disconnect: { readonly queue: string; readonly error: unknown }
  /** The queue began to close. */
  close: { readonly queue: string }
}

/** The events of one queue, and the diagnostics channels `@pool/queue:<event>`. */
export class QueueEventSet extends EventSet<QueueEvents> {
  /** The queue's name, for each event. */
  readonly queue: string

  constructor(queue: string) {
    super('@pool/queue', ['stall', 'refuse', 'redeliver', 'claim', 'bury', 'lateAck', 'connect', 'disconnect', 'close'])
    this.queue = queue
  }
}

/** A queue whose events can be observed. */
export abstract class QueueEventSource {
  readonly #events: QueueEventSet

  /** @internal */
  constructor(events: QueueEventSet) {
    this.#events = events
  }

  /**
   * Calls `listener` at each `event`, in the async context of the operation that caused the event.
   * @throws `ERR_POOL_INVALID_OPTION` when there is no such event, or `listener` is not a function
   */
  on<E extends keyof QueueEvents>(event: E, listener: (event: QueueEvents[E]) => void): this {
    this.#events.on(event, listener)
    return this
  }

  /**
   * Takes `listener` away again; does nothing when it is not there.
   * @throws `ERR_POOL_INVALID_OPTION` when there is no such event
   */
  off<E extends keyof QueueEvents>(event: E, listener: (event: QueueEvents[E]) => void): this {
    this.#events.off(event, listener)
    return this
  }

  /**
   * Calls `listener` at the next `event` only.
   * @throws as {@link QueueEventSource.on}
   */
  once<E extends keyof QueueEvents>(event: E, listener: (event: QueueEvents[E]) => void): this {
    this.#events.once(event, listener)
    return this
  }
}
