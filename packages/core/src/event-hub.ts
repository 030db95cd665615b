import { AsyncResource } from 'node:async_hooks'
import { type Channel, channel } from 'node:diagnostics_channel'
import { PoolError } from './errors.js'
import type { PoolEvents, PoolListener } from './interfaces/observer.js'

/** The listeners of one event of one pool, and its diagnostics channel, if it has one. */
export class EventLine<E extends keyof PoolEvents> {
  readonly #channel: Channel | undefined
  readonly #originals = new WeakMap<PoolListener<E>, PoolListener<E>>()
  #listeners: readonly PoolListener<E>[] = []

  /** A line that nobody listens to. */
  constructor(channel: Channel | undefined) {
    this.#channel = channel
  }

  /** Whether anybody listens; ask before making the event. */
  get heard(): boolean {
    return this.#listeners.length > 0 || this.#channel?.hasSubscribers === true
  }

  /** Listeners on the pool itself. */
  get listenerCount(): number {
    return this.#listeners.length
  }

  /** Adds a listener; {@link remove} finds it by `original`, too, where it stands for another. */
  add(listener: PoolListener<E>, original: PoolListener<E> = listener): void {
    this.#listeners = [...this.#listeners, listener]
    this.#originals.set(listener, original)
  }

  /** Takes a listener away, the one added last if it is there twice. */
  remove(listener: PoolListener<E>): void {
    const index = this.#listeners.findLastIndex((one) => one === listener || this.#originals.get(one) === listener)
    if (index >= 0) this.#listeners = this.#listeners.toSpliced(index, 1)
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

  /** What emits later, in the async context of now: there listeners find the request, or the trace, that the event is about. */
  later(): (event: PoolEvents[E]) => void {
    const now = new AsyncResource('PoolEvent', { requireManualDestroy: true })
    return (event) => now.runInAsyncScope(this.emit, this, event)
  }
}

/** `acquire` and `release` have no channel: asking one for subscribers would cost each operation more than its check. */
const lineOf = <E extends keyof PoolEvents>(event: E) => new EventLine<E>(channel(`@pool/core:${event}`))

/** Every event of one pool. */
export class EventHub {
  /** A buffer was acquired. No channel. */
  readonly acquire: EventLine<'acquire'> = new EventLine<'acquire'>(undefined)
  /** A buffer was released. No channel. */
  readonly release: EventLine<'release'> = new EventLine<'release'>(undefined)
  /** The pool allocated. */
  readonly grow: EventLine<'grow'> = lineOf('grow')
  /** The pool gave idle memory up. */
  readonly shrink: EventLine<'shrink'> = lineOf('shrink')
  /** An acquire met a bound. */
  readonly exhausted: EventLine<'exhausted'> = lineOf('exhausted')
  /** A wait ended. */
  readonly wait: EventLine<'wait'> = lineOf('wait')
  /** A buffer was collected while it was out. */
  readonly leak: EventLine<'leak'> = lineOf('leak')
  /** A buffer has been out for long. */
  readonly heldTooLong: EventLine<'heldTooLong'> = lineOf('heldTooLong')
  /** A buffer that had been reported as held too long came back. */
  readonly returnedLate: EventLine<'returnedLate'> = lineOf('returnedLate')
  /** Something wrote to an idle buffer. */
  readonly writeAfterRelease: EventLine<'writeAfterRelease'> = lineOf('writeAfterRelease')
  /** The level of memory pressure changed. */
  readonly pressure: EventLine<'pressure'> = lineOf('pressure')
  /** The pool was destroyed. */
  readonly destroy: EventLine<'destroy'> = lineOf('destroy')

  /** The line of an event by its name. */
  line<E extends keyof PoolEvents>(event: E): EventLine<E> {
    const line = Object.hasOwn(this, event) ? (this[event] as unknown) : undefined
    if (line instanceof EventLine) return line
    throw new PoolError('ERR_POOL_INVALID_OPTION', `event must be one of ${Object.keys(this).join(', ')}.`)
  }
}
