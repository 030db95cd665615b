import type { PoolEvents } from '../../interfaces/observer.js'
import { validListener } from '../checks.js'
import { PoolError } from '../errors.js'

/** A diagnostics channel: events of every pool of the process. */
export interface EventChannel {
  /** Whether there is a subscriber. */
  readonly hasSubscribers: boolean
  /** Hands an event to all subscribers. */
  publish(event: unknown): void
}

/** The parts of the runtime that events use: channels, and the current async context. */
export interface EventPlatform {
  /** The channel of that name, if the runtime has channels. */
  channel(event: string): EventChannel | undefined
  /** Keeps the current async context; the returned function calls `fn` in it. */
  contextOfNow(): (fn: () => void) => void
}

/** A listener for events of one kind. */
export type EventListener<T> = (event: T) => void

const nothing = (): void => {}

/** A runtime without channels or async contexts: a browser. */
const bare: EventPlatform = { channel: () => undefined, contextOfNow: () => (fn) => fn() }

/**
 * The listeners of one event of one pool, and its diagnostics channel, if it has one.
 * @typeParam M - the pool's events by name; a pool of its own kind has its own
 */
export class EventLine<E extends keyof M, M = PoolEvents> {
  readonly #channel: EventChannel | undefined
  readonly #platform: EventPlatform
  #originals: WeakMap<EventListener<M[E]>, EventListener<M[E]>> | undefined = undefined
  #listeners: readonly EventListener<M[E]>[] = []

  /** A line without listeners. */
  constructor(channel?: EventChannel, platform: EventPlatform = bare) {
    this.#channel = channel
    this.#platform = platform
  }

  /** Whether the event would reach a listener or subscriber; ask before making it. */
  get heard(): boolean {
    return this.#listeners.length > 0 || this.#channel?.hasSubscribers === true
  }

  /** Listeners on the pool itself. */
  get listenerCount(): number {
    return this.#listeners.length
  }

  /** Adds a listener; {@link remove} finds it by `original`, too, where it stands for another. */
  add(listener: EventListener<M[E]>, original: EventListener<M[E]> = listener): void {
    this.#listeners = [...this.#listeners, listener]
    if (original === listener) return
    this.#originals ??= new WeakMap()
    this.#originals.set(listener, original)
  }

  /** Adds a listener for the next event only; `changed` is called when it has gone, and before it is called itself. */
  addOnce(listener: EventListener<M[E]>, changed: () => void = nothing): void {
    let isOver = false
    const only: EventListener<M[E]> = (event) => {
      // A listener before it may have caused the event again, and that one was the next.
      if (isOver) return
      isOver = true
      this.remove(only)
      changed()
      listener(event)
    }
    this.add(only, listener)
  }

  /** Takes a listener away, the one added last if it is there twice. */
  remove(listener: EventListener<M[E]>): void {
    const index = this.#listeners.findLastIndex((one) => one === listener || this.#originals?.get(one) === listener)
    if (index >= 0) this.#listeners = this.#listeners.filter((_, at) => at !== index)
  }

  /** Calls every listener. An error that a listener throws becomes an uncaught exception, as it does on a diagnostics channel. */
  emit(event: M[E]): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        throwLater(error)
      }
    }
    this.#channel?.publish(event)
  }

  /** Returns a function that emits later in the current async context, where listeners find the request or the trace of the event. */
  later(): EventListener<M[E]> {
    const inContext = this.#platform.contextOfNow()
    return (event) => inContext(() => this.emit(event))
  }
}

/** Every event of one pool. */
export class EventHub {
  /** A buffer was acquired. No channel: asking one for subscribers would cost each operation more than its check. */
  readonly acquire: EventLine<'acquire'>
  /** A buffer was released. No channel, as of `acquire`. */
  readonly release: EventLine<'release'>
  /** The pool allocated. */
  readonly grow: EventLine<'grow'>
  /** The pool gave idle memory up. */
  readonly shrink: EventLine<'shrink'>
  /** An acquire met a bound. */
  readonly exhausted: EventLine<'exhausted'>
  /** A wait ended. */
  readonly wait: EventLine<'wait'>
  /** A buffer was collected while it was out. */
  readonly leak: EventLine<'leak'>
  /** A buffer has been out for long. */
  readonly heldTooLong: EventLine<'heldTooLong'>
  /** A buffer that had been reported as held too long came back. */
  readonly returnedLate: EventLine<'returnedLate'>
  /** Something wrote to an idle buffer. */
  readonly writeAfterRelease: EventLine<'writeAfterRelease'>
  /** The level of memory pressure changed. */
  readonly pressure: EventLine<'pressure'>
  /** The pool chose its size classes anew. */
  readonly optimization: EventLine<'optimization'>
  /** The pool was destroyed. */
  readonly destroy: EventLine<'destroy'>
  readonly #changed: () => void

  /**
   * Lines without listeners.
   * @param platform - the runtime's channels and contexts; `nodeEvents` of `@pool/core/kit` on Node. Default: none of both
   * @param changed - called after listeners came or went by the methods of the hub
   */
  constructor(platform: EventPlatform = bare, changed: () => void = nothing) {
    this.#changed = changed
    const line = <E extends keyof PoolEvents>(event: E) => new EventLine<E>(platform.channel(event), platform)
    this.acquire = new EventLine(undefined, platform)
    this.release = new EventLine(undefined, platform)
    this.grow = line('grow')
    this.shrink = line('shrink')
    this.exhausted = line('exhausted')
    this.wait = line('wait')
    this.leak = line('leak')
    this.heldTooLong = line('heldTooLong')
    this.returnedLate = line('returnedLate')
    this.writeAfterRelease = line('writeAfterRelease')
    this.pressure = line('pressure')
    this.optimization = line('optimization')
    this.destroy = line('destroy')
  }

  /**
   * Calls `listener` at each `event`.
   * @throws `ERR_POOL_INVALID_OPTION` when pools have no such event, or `listener` is not a function
   */
  on<E extends keyof PoolEvents>(event: E, listener: EventListener<PoolEvents[E]>): void {
    this.line(event).add(validListener(event, listener))
    this.#changed()
  }

  /** Takes `listener` away again. Throws as {@link EventHub.line}. */
  off<E extends keyof PoolEvents>(event: E, listener: EventListener<PoolEvents[E]>): void {
    this.line(event).remove(listener)
    this.#changed()
  }

  /** Calls `listener` at the next `event` only. Throws as {@link EventHub.on}. */
  once<E extends keyof PoolEvents>(event: E, listener: EventListener<PoolEvents[E]>): void {
    this.line(event).addOnce(validListener(event, listener), this.#changed)
    this.#changed()
  }

  /**
   * The line of an event by its name.
   * @throws `ERR_POOL_INVALID_OPTION` when pools have no such event
   */
  line<E extends keyof PoolEvents>(event: E): EventLine<E> {
    const line = Object.hasOwn(this, event) ? (this[event] as unknown) : undefined
    if (line instanceof EventLine) return line
    throw new PoolError(
      'ERR_POOL_INVALID_OPTION',
      `event must be one of ${Object.keys(this).join(', ')}; it is '${String(event).slice(0, 50)}'.`
    )
  }
}

/**
 * Throws `error` in a later turn, as an uncaught exception: the mistake of a listener or a callback must neither pass unseen nor stop the code
 * that called it.
 */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
