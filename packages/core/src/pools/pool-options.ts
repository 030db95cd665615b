import type { ClearPolicy, DebugMode } from '../arena/wiping.js'
import type { LeakDetection } from '../watching/leak-watch.js'

/** When a pool takes memory to be short. Thresholds up to 1 are shares of the memory that the process may really use, above 1 bytes. */
export interface MemoryPressureOptions {
  /**
   * From here on buffers that were idle throughout the last interval go, down to the reserve and without the usual quarter more. Default 0.8, and
   * never above `critical`.
   */
  readonly elevated?: number
  /** From here on everything idle above the reserve goes, and health is bad. Default 0.9, and never under `elevated`. */
  readonly critical?: number
  /**
   * How the pool grows while memory is critically short. `'allow'`: it gives up idle buffers, and goes on allocating up to its
   * bounds. `'refuse'`: it also allocates nothing more; an acquire gets an idle buffer, waits for one, or is refused with
   * `ERR_POOL_EXHAUSTED`, and the waits go on being served once memory is there again. Default `'allow'`.
   */
  readonly growth?: 'allow' | 'refuse'
  /** How often to look, in ms. Default: `shrinkInterval`, or 30 000 where that is 0. */
  readonly intervalMs?: number
  /** Returns the bytes in use. Called from a timer, where its errors are uncaught exceptions. Default: the resident set of the process. */
  readonly usedBytes?: () => number
}

/** The options that every pool has. */
export interface PoolOptions {
  /** The pool's name in errors, stats and metrics. Default: `pool-1`, `pool-2`, … */
  readonly name?: string
  /** Whether it grows on demand and shrinks when idle. Default true; false: it keeps exactly the buffers that it starts with. */
  readonly autoScale?: boolean
  /** How often idle buffers are trimmed, in ms; 0: never, and no timer runs. Default 30 000. */
  readonly shrinkInterval?: number
  /** Trims when the last interval used less than this share of the buffers alive, 0..1. Default 0.5. */
  readonly shrinkThreshold?: number
  /** Bound on the bytes that the pool keeps alive, out and idle together. Default: a quarter of the memory that the process may use. */
  readonly maxLiveBytes?: number
  /** Bound on the bytes that lie idle. Default: half of `maxLiveBytes`, or the bytes of the largest buffer or the reserve if that is more. */
  readonly maxIdleBytes?: number
  /** When buffers are zeroed. Default `'release'`. */
  readonly clear?: ClearPolicy
  /** The most acquires that may wait. Default 10 000. */
  readonly maxWaiting?: number
  /** How long an acquire waits where it says nothing itself, in ms. Default `Infinity`. */
  readonly acquireTimeoutMs?: number
  /** How much is done to find buffers that are never released. Default `POOL_LEAK_DETECTION` of the environment, or `'sample'`. */
  readonly leakDetection?: LeakDetection
  /** Reports buffers that are out for longer, in ms, or up to half as long again; 0: none. Default 0. */
  readonly heldTooLongMs?: number
  /** Finds use after release. Default `POOL_DEBUG` of the environment, or `'off'`. `'revoke'` needs Node 22. */
  readonly debug?: DebugMode
  /** When memory counts as short; false: never. */
  readonly memoryPressure?: MemoryPressureOptions | false
  /** False: nothing is kept, every acquire allocates, every check stays. Default: true unless `POOL_POOLING` is `off`. */
  readonly pooling?: boolean
}

/** The names of {@link PoolOptions}. */
export const poolOptionNames = [
  'name',
  'autoScale',
  'shrinkInterval',
  'shrinkThreshold',
  'maxLiveBytes',
  'maxIdleBytes',
  'clear',
  'maxWaiting',
  'acquireTimeoutMs',
  'leakDetection',
  'heldTooLongMs',
  'debug',
  'memoryPressure',
  'pooling'
] as const

/** A copy of `options`: each of `names` that is there, read once, whether it is the object's own or inherited. */
export function givenOptions<O extends object>(options: O, names: readonly (keyof O)[]): O {
  return Object.fromEntries(names.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined)) as O
}
