/** The payload of each event of a pool. Nothing is made or called for an event without listeners. */
export interface PoolEvents {
  /** A buffer was handed out. While it has listeners, each acquire pays for it. */
  acquire: { readonly pool: string; readonly bufferSize: number }
  /** A buffer was given back. While it has listeners, each release pays for it. */
  release: { readonly pool: string; readonly bufferSize: number }
  /** Buffers were allocated, on demand or ahead. */
  grow: { readonly pool: string; readonly bufferSize: number; readonly count: number; readonly total: number }
  /** Idle buffers were given back to the collector, by trimming or to make room for other sizes. */
  shrink: { readonly pool: string; readonly bufferSize: number; readonly count: number; readonly total: number }
  /** An acquire met a bound: it was refused, or waits. */
  exhausted: { readonly pool: string; readonly bufferSize: number; readonly inUse: number; readonly waiting: number }
  /** A wait ended. Emitted in the async context of the caller that waited. */
  wait: { readonly pool: string; readonly waitedMs: number; readonly outcome: 'served' | 'timeout' | 'aborted' | 'closed' }
  /** A buffer was collected while out; `acquiredAt` where its acquire was sampled. */
  leak: { readonly pool: string; readonly bufferSize: number; readonly acquiredAt: string | undefined }
  /** A buffer is out for longer than `heldTooLongMs`. */
  heldTooLong: { readonly pool: string; readonly bufferSize: number; readonly heldMs: number; readonly acquiredAt: string | undefined }
  /** A buffer that had been reported as held too long came back. */
  returnedLate: { readonly pool: string; readonly bufferSize: number; readonly heldMs: number; readonly acquiredAt: string | undefined }
  /** Debug mode: an idle buffer was written to. It was withdrawn. */
  writeAfterRelease: {
    readonly pool: string
    readonly bufferSize: number
    readonly offset: number
    readonly acquiredAt: string | undefined
    readonly releasedAt: string | undefined
  }
  /** The level of memory pressure changed. */
  pressure: {
    readonly pool: string
    readonly level: 'normal' | 'elevated' | 'critical'
    readonly usedBytes: number
    readonly limitBytes: number
  }
  /** A pool that adapts chose its size classes anew, in bytes. The waste is the share of bytes handed out that was not asked for, 0..1. */
  optimization: {
    readonly pool: string
    readonly sizes: readonly number[]
    readonly formerSizes: readonly number[]
    readonly wasteBefore: number
    readonly wasteAfter: number
  }
  /** The pool was destroyed. */
  destroy: { readonly pool: string }
}

/** A listener for one event. An error that it throws never reaches the pool's caller: it becomes an uncaught exception of the process. */
export type PoolListener<E extends keyof PoolEvents> = (event: PoolEvents[E]) => void

/** An object whose events can be observed. */
export interface PoolObservable {
  /** Calls `listener` at each `event`. */
  on<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this
  /** Takes `listener` away again; does nothing when it is not there. */
  off<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this
  /** Calls `listener` at the next `event` only. */
  once<E extends keyof PoolEvents>(event: E, listener: PoolListener<E>): this
}
