import { type Channel, channel } from 'node:diagnostics_channel'
import type { PoolEvents, PoolListener } from '@pool/core'
import { PoolError } from '@pool/core'

/** The listeners of one event of one pool, and its diagnostics channel, if it has one. */
class EventLine<E extends keyof PoolEvents> {
  readonly #channel: Channel | undefined
  #listeners: readonly PoolListener<E>[] = []

  constructor(channel: Channel | undefined) {
    this.#channel = channel
  }

  /** Whether anybody listens; ask before making the event. */
  get heard(): boolean {
    return this.#listeners.length > 0 || this.#channel?.hasSubscribers === true
  }

  add(listener: PoolListener<E>): void {
    this.#listeners = [...this.#listeners, listener]
  }

  remove(listener: PoolListener<E>): void {
    const index = this.#listeners.lastIndexOf(listener)
    if (index >= 0) this.#listeners = this.#listeners.filter((_, at) => at !== index)
  }

  /** Tells everybody; what a listener throws becomes an uncaught exception, as it does on a diagnostics channel. */
  emit(event: PoolEvents[E]): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        process.nextTick(() => {
          throw error
        })
      }
    }
    this.#channel?.publish(event)
  }
}

/** The channels are those of core's pools, so that one subscriber hears every pool of the process. */
const lineOf = <E extends keyof PoolEvents>(event: E) => new EventLine<E>(channel(`@pool/core:${event}`))

/** The events of one pool of secrets. None of them carries content. */
export class EventHub {
  readonly acquire = new EventLine<'acquire'>(undefined)
  readonly release = new EventLine<'release'>(undefined)
  readonly grow = lineOf('grow')
  readonly shrink = lineOf('shrink')
  readonly exhausted = lineOf('exhausted')
  readonly wait = lineOf('wait')
  readonly leak = lineOf('leak')
  readonly writeAfterRelease = lineOf('writeAfterRelease')
  readonly destroy = lineOf('destroy')
  // A pool of secrets never tells these; listening to them does nothing, as on any pool that has no occasion to.
  readonly heldTooLong = new EventLine<'heldTooLong'>(undefined)
  readonly returnedLate = new EventLine<'returnedLate'>(undefined)
  readonly pressure = new EventLine<'pressure'>(undefined)

  /** The line of an event by its name. */
  line<E extends keyof PoolEvents>(event: E): EventLine<E> {
    const line = Object.hasOwn(this, event) ? (this[event] as unknown) : undefined
    if (line instanceof EventLine) return line
    throw new PoolError('ERR_POOL_INVALID_OPTION', `event must be one of ${Object.keys(this).join(', ')}.`)
  }
}
