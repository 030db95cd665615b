/** Something that an AbortSignal can call off. */
export interface Abortable {
  /** Called once, when the signal aborts. */
  abort(reason: unknown): void
}

/**
 * All that one signal can call off, behind one listener: a listener for each would cost each as much as all before it together, and Node
 * would warn of a leak from the eleventh on.
 */
class AbortWatch {
  readonly #signal: AbortSignal
  readonly #watched = new Set<Abortable>()
  readonly #listener = (): void => this.#abortAll()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#listener, { once: true })
  }

  add(abortable: Abortable): void {
    this.#watched.add(abortable)
  }

  /** Returns whether nothing is left; the signal is then as it was before. */
  delete(abortable: Abortable): boolean {
    if (!this.#watched.delete(abortable) || this.#watched.size > 0) return false
    this.#signal.removeEventListener('abort', this.#listener)
    return true
  }

  #abortAll(): void {
    watches.delete(this.#signal)
    const watched = [...this.#watched]
    for (const abortable of watched) {
      // The abort of one may have ended the watch of another.
      if (this.#watched.delete(abortable)) abortable.abort(this.#signal.reason)
    }
  }
}

const watches = new WeakMap<AbortSignal, AbortWatch>()

/**
 * Calls `abortable.abort` once `signal` aborts. However many watch one signal, it has one listener; each costs the same.
 * @param signal - has not aborted yet
 */
export function watchAbort(signal: AbortSignal, abortable: Abortable): void {
  let watch = watches.get(signal)
  if (watch === undefined) {
    watch = new AbortWatch(signal)
    watches.set(signal, watch)
  }
  watch.add(abortable)
}

/** Ends the watch that {@link watchAbort} began; does nothing when that watch has ended. */
export function unwatchAbort(signal: AbortSignal, abortable: Abortable): void {
  if (watches.get(signal)?.delete(abortable)) watches.delete(signal)
}

const nothing = (): void => {}

/**
 * Calls `listener` once, when `signal` aborts; at once when it has aborted.
 * @returns a function that ends the watch; it may be called more than once
 */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): () => void {
  if (signal === undefined) return nothing
  if (signal.aborted) {
    listener(signal.reason)
    return nothing
  }
  const abortable: Abortable = { abort: listener }
  watchAbort(signal, abortable)
  return () => unwatchAbort(signal, abortable)
}
