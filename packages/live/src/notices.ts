import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { PoolEvents } from '@pool/core/interfaces'
import type { Notice } from './sample.js'

/** Different notices kept between two samples; further ones are only counted. */
const most = 100

/** Sentences for the events that deserve a look. `acquire`, `release` and `wait` are not among them: a listener would cost each operation. */
const sentences: { readonly [E in keyof PoolEvents]?: (event: PoolEvents[E]) => string } = {
  exhausted: ({ bufferSize, inUse, waiting }) => `${bufferSize} bytes were not free; ${inUse} buffers in use, ${waiting} acquires waiting`,
  leak: ({ bufferSize }) => `a buffer of ${bufferSize} bytes was collected without release`,
  heldTooLong: ({ bufferSize, heldMs }) => `a buffer of ${bufferSize} bytes is out for ${Math.round(heldMs)} ms`,
  returnedLate: ({ bufferSize, heldMs }) => `a buffer of ${bufferSize} bytes came back after ${Math.round(heldMs)} ms`,
  writeAfterRelease: ({ bufferSize, offset }) => `an idle buffer of ${bufferSize} bytes was written to at ${offset}`,
  pressure: ({ level }) => `memory pressure is ${level}`,
  destroy: () => 'the pool was destroyed'
}

/** A notice that the same event may still be added to. */
type Kept = { -readonly [K in keyof Notice]: Notice[K] } & { readonly bufferSize: number }

/** The events that the pools of this process emit on their diagnostics channels, while these are watched. */
export class Notices {
  #kept: Kept[] = []
  #dropped = 0
  #listeners: readonly (readonly [name: string, listener: (event: unknown) => void])[] = []

  /** Begins to watch. */
  start(): void {
    this.#listeners = Object.entries(sentences).map(([event, sentence]) => {
      const listener = (data: unknown) => this.#take(event, data as PoolEvents['leak'], sentence as (data: unknown) => string)
      subscribe(`@pool/core:${event}`, listener)
      return [`@pool/core:${event}`, listener] as const
    })
  }

  /** Ends watching, and forgets the kept notices. */
  stop(): void {
    for (const [name, listener] of this.#listeners) unsubscribe(name, listener)
    this.#listeners = []
    this.take()
  }

  /** The events since the last call. */
  take(): Notice[] {
    const taken: Notice[] = this.#kept.map(({ bufferSize, ...notice }) => notice)
    if (this.#dropped > 0) taken.push({ at: Date.now(), pool: '', event: 'more', text: 'other events', times: this.#dropped })
    this.#kept = []
    this.#dropped = 0
    return taken
  }

  #take(event: string, data: PoolEvents['leak'], sentence: (data: unknown) => string): void {
    const { pool, bufferSize, acquiredAt: place } = data
    // A pool that is full may refuse thousands a second: they are one line of the page.
    const same = this.#kept.find((one) => one.event === event && one.pool === pool && one.bufferSize === bufferSize && one.place === place)
    if (same !== undefined) {
      same.times++
      same.text = sentence(data)
    } else if (this.#kept.length >= most) this.#dropped++
    else this.#kept.push({ at: Date.now(), pool, event, text: sentence(data), times: 1, place, bufferSize })
  }
}
