import { constants } from 'node:buffer'
import * as check from '@pool/core/kit'

/** The options of a {@link SecureBufferPool}. */
export interface SecureBufferPoolOptions {
  /** The pool's name in errors, stats and metrics. Default: `secure-1`, `secure-2`, … */
  readonly name?: string
  /** The bytes that memory is overwritten with, on acquire and on release: zeroes, or random bytes. Default `'zero'`. */
  readonly fill?: 'zero' | 'random'
  /**
   * Where the memory comes from: `'sodium'`, guarded and if possible locked, through the optional peer `sodium-native`; `'heap'`,
   * ordinary memory; `'auto'`: the first where it loads, else the second. Default `'auto'`.
   */
  readonly backing?: 'auto' | 'heap' | 'sodium'
  /** `'locked'`: refuses to work on memory that could be swapped out. Default: works on any memory; `capabilities()` reports which. */
  readonly require?: 'locked'
  /** Whether guarded memory in which no secret is in use is closed to any access, which then ends the process. Costs some 5 µs per cycle. Default false. */
  readonly protectIdle?: boolean
  /** The longest secret whose memory is kept for another, in bytes: a power of two in 32..1 048 576. Default 4096. */
  readonly maxClassBytes?: number
  /** Longer secrets get memory of their own, wiped and given up on release, or are refused. Default `'allow'`. */
  readonly oversize?: 'allow' | 'refuse'
  /** The most secrets alive at once, out and idle. Default 65 536. */
  readonly maxSecrets?: number
  /** Bound on the bytes that the pool keeps alive, out and idle. Default 67 108 864. */
  readonly maxLiveBytes?: number
  /** Bound on the bytes that lie idle. Default: a quarter of `maxLiveBytes`. */
  readonly maxIdleBytes?: number
  /** How often memory that lay idle since the last time is given up, in ms; 0: never, and no timer runs. Default 30 000. */
  readonly shrinkInterval?: number
  /** The most acquires that may wait. Default 10 000. */
  readonly maxWaiting?: number
  /** How long an acquire without a `timeoutMs` of its own waits, in ms. Default `Infinity`. */
  readonly acquireTimeoutMs?: number
  /** `'poison'` finds writes to a secret's memory after its release, and where each secret was acquired. Default `'off'`. */
  readonly debug?: 'off' | 'poison'
  /**
   * Signals at which everything is wiped before they end the process, where they have no other listener. Default: none, because a
   * process that a signal ends takes its memory along, and because a listener changes what other listeners see.
   */
  readonly wipeOnSignals?: readonly NodeJS.Signals[]
}

/** The settings of a pool, complete and validated. */
export type SecurePoolSettings = Required<Omit<SecureBufferPoolOptions, 'require' | 'oversize'>> & {
  readonly requireLocked: boolean
  /** The most bytes of one secret. */
  readonly maxBytes: number
}

const optionNames = [
  ...['name', 'fill', 'backing', 'require', 'protectIdle', 'maxClassBytes', 'oversize', 'maxSecrets', 'maxLiveBytes', 'maxIdleBytes'],
  ...['shrinkInterval', 'maxWaiting', 'acquireTimeoutMs', 'debug', 'wipeOnSignals']
]

/** The least that a class can hold. */
export const smallestClassBytes = 32

/** Completes and validates options; allocates nothing. */
export function securePoolSettings(options: SecureBufferPoolOptions): SecurePoolSettings {
  check.validOptions('options', options, optionNames)
  const maxClassBytes = check.validInteger('maxClassBytes', given(options.maxClassBytes, 4096), smallestClassBytes, 2 ** 20)
  if (Math.log2(maxClassBytes) % 1 !== 0) throw check.invalid('maxClassBytes', 'a power of two', maxClassBytes)
  const maxLiveBytes = check.validInteger('maxLiveBytes', given(options.maxLiveBytes, 2 ** 26), maxClassBytes, Number.MAX_SAFE_INTEGER)
  const idleDefault = Math.max(Math.floor(maxLiveBytes / 4), maxClassBytes)
  const maxIdleBytes = check.validInteger('maxIdleBytes', given(options.maxIdleBytes, idleDefault), 0, Number.MAX_SAFE_INTEGER)
  const requirement = options.require
  if (requirement !== undefined) check.validChoice('require', requirement, ['locked'])
  const oversize = check.validChoice('oversize', given(options.oversize, 'allow'), ['allow', 'refuse'])
  const wipeOnSignals: unknown = given(options.wipeOnSignals, [])
  if (!Array.isArray(wipeOnSignals)) throw check.invalid('wipeOnSignals', 'an array of signal names', wipeOnSignals)
  for (const signal of wipeOnSignals)
    check.validChoice('wipeOnSignals', signal, ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGBREAK'])
  return {
    fill: check.validChoice('fill', given(options.fill, 'zero'), ['zero', 'random']),
    backing: check.validChoice('backing', given(options.backing, 'auto'), ['auto', 'heap', 'sodium']),
    requireLocked: requirement === 'locked',
    protectIdle: check.validBoolean('protectIdle', given(options.protectIdle, false)),
    maxClassBytes,
    maxBytes: oversize === 'refuse' ? maxClassBytes : Math.min(maxLiveBytes, 2 ** 30, constants.MAX_LENGTH),
    maxSecrets: check.validInteger('maxSecrets', given(options.maxSecrets, 65_536), 1, 2 ** 30),
    maxLiveBytes,
    maxIdleBytes,
    shrinkInterval: check.validInteger('shrinkInterval', given(options.shrinkInterval, 30_000), 0, check.longestTimerMs),
    maxWaiting: check.validInteger('maxWaiting', given(options.maxWaiting, 10_000), 0, Number.MAX_SAFE_INTEGER),
    acquireTimeoutMs: check.validTimeout('acquireTimeoutMs', options.acquireTimeoutMs, Number.POSITIVE_INFINITY),
    debug: check.validChoice('debug', given(options.debug, 'off'), ['off', 'poison']),
    wipeOnSignals: [...wipeOnSignals],
    // Last, so that a refused option takes no number of the default names.
    name: check.nameOrDefault(options.name, 'secure')
  }
}

/** A value, unless it is absent; null is not absent, but wrong. */
function given<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value
}
