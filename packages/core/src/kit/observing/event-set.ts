import { channel } from 'node:diagnostics_channel'
import { validChoice, validListener } from '../checks.js'
import { EventLine, type EventListener } from './event-hub.js'
import { nodeEvents } from './node-events.js'

/**
 * The events of something that is not a pool, such as connections or a queue: a line each, and the diagnostics channels `<scope>:<event>`. Nothing
 * is made or called while nothing listens.
 * @typeParam M - the events by name
 */
export class EventSet<M extends object> {
  /** The lines that emit, by event: `if (lines.stall.heard) lines.stall.emit(…)`. */
  readonly lines: { readonly [E in keyof M]: EventLine<E, M> }

  /**
   * Lines without listeners.
   * @param scope - the first part of the channels' names: a package
   * @param names - every event
   */
  constructor(scope: string, names: readonly (keyof M & string)[]) {
    const lineOf = (name: string) => new EventLine<keyof M, M>(channel(`${scope}:${name}`), nodeEvents)
    this.lines = Object.freeze(Object.fromEntries(names.map((name) => [name, lineOf(name)]))) as unknown as EventSet<M>['lines']
  }

  /**
   * Calls `listener` at each `event`, in the async context of the operation that caused the event.
   * @throws `ERR_POOL_INVALID_OPTION` when there is no such event, or `listener` is not a function
   */
  on<E extends keyof M & string>(event: E, listener: EventListener<M[E]>): void {
    this.#line(event).add(validListener(event, listener))
  }

  /**
   * Takes `listener` away again; does nothing when it is not there.
   * @throws `ERR_POOL_INVALID_OPTION` when there is no such event
   */
  off<E extends keyof M & string>(event: E, listener: EventListener<M[E]>): void {
    this.#line(event).remove(listener)
  }

  /**
   * Calls `listener` at the next `event` only.
   * @throws as {@link EventSet.on}
   */
  once<E extends keyof M & string>(event: E, listener: EventListener<M[E]>): void {
    this.#line(event).addOnce(validListener(event, listener))
  }

  #line<E extends keyof M & string>(event: E): EventLine<E, M> {
    return this.lines[validChoice('event', event, Object.keys(this.lines) as E[])]
  }
}
