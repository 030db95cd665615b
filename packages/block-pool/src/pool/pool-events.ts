import { EventLine, validChoice, validListener } from '@pool/core/kit/universal'

/** How soon an event deserves attention: `low` for each request, `normal` for the pool's upkeep, `high` for causes of slow or refused requests. */
export type EventPriority = 'low' | 'normal' | 'high'

/** The upkeep that an `optimization` event reports. */
export type Optimization = 'coalesce' | 'compact' | 'expand' | 'contract'

/** The events of the pools of this package. None is made while it has no listener. */
export interface SlabPoolEvents {
  /** Memory went out. While this has a listener, each request pays for it. */
  allocation: { readonly pool: string; readonly priority: 'low'; readonly bytes: number }
  /** Memory came back. While this has a listener, each return pays for it. */
  recycling: { readonly pool: string; readonly priority: 'low'; readonly bytes: number }
  /** The pool put its memory in order, or changed its amount: by itself, or on a call. */
  optimization: {
    readonly pool: string
    readonly priority: 'normal'
    readonly action: Optimization
    readonly automatic: boolean
    /** Bytes brought together, moved, added or given up. */
    readonly bytes: number
  }
  /** Fragmentation passed the pool's threshold; both in percent. */
  fragmentation: { readonly pool: string; readonly priority: 'high'; readonly fragmentation: number; readonly threshold: number }
  /** A request found no room. */
  exhausted: { readonly pool: string; readonly priority: 'high'; readonly bytes: number; readonly inUse: number }
  /** The pool was destroyed. */
  destroy: { readonly pool: string; readonly priority: 'normal' }
}

/** A listener for one event. An error that it throws never reaches the pool's caller: it becomes an uncaught exception of the process or page. */
export type SlabPoolListener<E extends keyof SlabPoolEvents> = (event: SlabPoolEvents[E]) => void

type Facts<E extends keyof SlabPoolEvents> = Omit<SlabPoolEvents[E], 'pool' | 'priority'>
type Line<E extends keyof SlabPoolEvents> = EventLine<E, SlabPoolEvents>

const priorities: { readonly [E in keyof SlabPoolEvents]: SlabPoolEvents[E]['priority'] } = {
  allocation: 'low',
  recycling: 'low',
  optimization: 'normal',
  fragmentation: 'high',
  exhausted: 'high',
  destroy: 'normal'
}
const events = Object.keys(priorities) as (keyof SlabPoolEvents)[]

/** The events of one pool. Needs nothing of Node, so that it works in a browser. */
export class SlabPoolHub {
  readonly #pool: string
  readonly #onChange: () => void
  readonly #lines: { readonly [E in keyof SlabPoolEvents]: Line<E> } = {
    allocation: new EventLine(),
    recycling: new EventLine(),
    optimization: new EventLine(),
    fragmentation: new EventLine(),
    exhausted: new EventLine(),
    destroy: new EventLine()
  }
  #untold: (() => void)[] = []

  /** Events without listeners, of the pool of that name; `onChange` is called after listeners came or went. */
  constructor(pool: string, onChange: () => void) {
    this.#pool = pool
    this.#onChange = onChange
  }

  /** Whether any event has a listener. */
  get heard(): boolean {
    return events.some((event) => this.#lines[event].heard)
  }

  /** Adds a listener. */
  add<E extends keyof SlabPoolEvents>(event: E, listener: SlabPoolListener<E>): void {
    this.#line(event).add(validListener(event, listener))
    this.#onChange()
  }

  /** Adds a listener for the next event only. */
  addOnce<E extends keyof SlabPoolEvents>(event: E, listener: SlabPoolListener<E>): void {
    this.#line(event).addOnce(validListener(event, listener), this.#onChange)
    this.#onChange()
  }

  /** Takes the listener away that was added last. */
  remove<E extends keyof SlabPoolEvents>(event: E, listener: SlabPoolListener<E>): void {
    this.#line(event).remove(listener)
    this.#onChange()
  }

  #line<E extends keyof SlabPoolEvents>(event: E): Line<E> {
    return this.#lines[validChoice('event', event, events) as E]
  }

  /** Keeps an event back until {@link tell}, so that it is emitted once the pool's records are whole. */
  note<E extends keyof SlabPoolEvents>(event: E, facts: Facts<E>): void {
    const line: Line<E> = this.#lines[event]
    if (!line.heard) return
    const told = Object.freeze({ pool: this.#pool, priority: priorities[event], ...facts }) as object as SlabPoolEvents[E]
    this.#untold.push(() => line.emit(told))
  }

  /** Emits the events that were kept back. A listener may use the pool. */
  tell(): void {
    if (this.#untold.length === 0) return
    const untold = this.#untold
    this.#untold = []
    for (const tell of untold) tell()
  }

  /** Emits an event, after those that were kept back. */
  emit<E extends keyof SlabPoolEvents>(event: E, facts: Facts<E>): void {
    this.note(event, facts)
    this.tell()
  }
}
