import { constants } from 'node:buffer'
import * as check from '../kit/checks.js'
import { nameOrDefault } from '../kit/default-name.js'
import { PoolError } from '../kit/errors.js'
import type { MemoryPressureOptions, PoolOptions } from '../pools/pool-options.js'
import type { LeakDetection } from '../watching/leak-watch.js'
import { recentMemoryLimitBytes } from '../watching/memory-limit.js'
import type { PressureSettings } from '../watching/pressure-watch.js'
import type { ClearPolicy, DebugMode } from './wiping.js'
import { canRevoke } from './wiping.js'

/** How often pressure is looked at, and the thresholds in bytes. */
export interface ArenaPressureSettings extends PressureSettings {
  readonly intervalMs: number
  /** Whether the pool allocates nothing while memory is critically short. */
  readonly refusesGrowth: boolean
}

/** The sizes of a pool's buffers, and the number of each. */
export interface ArenaShape {
  readonly kind: string
  /** Bytes of each class, ascending. */
  readonly sizes: readonly number[]
  /** The most bytes of one acquire; `Infinity` for as many as may be alive. */
  readonly maxBytes: number
  /** Buffers of each class to start with, never trimmed. */
  readonly reserve: number
  /** Whether that many is a default; it may then be fewer, as the bounds in bytes allow. */
  readonly reserveIsDefault: boolean
  /** The most buffers of each class. */
  readonly maxSize: number
  /** Whether it keeps a histogram of the sizes that are asked for. Default false. */
  readonly samplesSizes?: boolean
  /** Whether it chooses its classes anew. Default false. */
  readonly adapts?: boolean
}

/** All settings of an arena, validated and complete. */
export interface ArenaSettings extends ArenaShape {
  readonly name: string
  readonly autoScale: boolean
  readonly shrinkInterval: number
  readonly shrinkThreshold: number
  readonly maxLiveBytes: number
  readonly maxIdleBytes: number
  readonly clear: ClearPolicy
  readonly maxWaiting: number
  readonly acquireTimeoutMs: number
  readonly leakDetection: LeakDetection
  readonly heldTooLongMs: number
  readonly debug: DebugMode
  readonly pressure: ArenaPressureSettings | undefined
}

/** Completes and validates the options of a pool; allocates nothing. */
export function arenaSettings(shape: ArenaShape, options: PoolOptions): ArenaSettings {
  const limit = recentMemoryLimitBytes()
  const largest = shape.sizes.at(-1) ?? 1
  const pooling = check.validBoolean('pooling', given(options.pooling, environment('POOL_POOLING', ['on', 'off'], 'on') === 'on'))
  const autoScale = check.validBoolean('autoScale', given(options.autoScale, true))
  const shrinkInterval = check.validInteger('shrinkInterval', given(options.shrinkInterval, 30_000), 0, check.longestTimerMs)
  const maxLiveBytes = check.validBound(
    'maxLiveBytes',
    given(options.maxLiveBytes, Math.floor(limit / 4)),
    largest,
    Number.MAX_SAFE_INTEGER
  )
  const bytesOfEach = shape.sizes.reduce((sum, size) => sum + size, 0)
  // At least one of the largest, or a pool with a tight bound would never keep anything.
  const needed = Math.max(largest, shape.reserveIsDefault ? 0 : shape.reserve * bytesOfEach)
  const idleDefault = Math.min(maxLiveBytes, Math.max(Math.floor(maxLiveBytes / 2), needed))
  const maxIdleBytes = check.validBound('maxIdleBytes', given(options.maxIdleBytes, idleDefault), 0, Number.MAX_SAFE_INTEGER)
  const affordable = shape.reserveIsDefault ? Math.floor(Math.min(maxIdleBytes, maxLiveBytes) / bytesOfEach) : shape.reserve
  const debug = given(options.debug, environment('POOL_DEBUG', ['off', 'poison', 'revoke'], 'off'))
  const leakDetection = given(options.leakDetection, environment('POOL_LEAK_DETECTION', leakLevels, 'sample'))
  const settings = {
    ...shape,
    maxBytes: Math.min(shape.maxBytes, maxLiveBytes, constants.MAX_LENGTH),
    maxSize: autoScale ? shape.maxSize : Math.min(shape.maxSize, shape.reserve),
    reserve: pooling ? Math.min(shape.reserve, affordable) : 0,
    autoScale,
    shrinkInterval,
    shrinkThreshold: check.validNumber('shrinkThreshold', given(options.shrinkThreshold, 0.5), 0, 1),
    maxLiveBytes,
    maxIdleBytes: pooling ? maxIdleBytes : 0,
    clear: check.validChoice('clear', given(options.clear, 'release'), ['release', 'acquire', 'never']),
    maxWaiting: check.validBound('maxWaiting', given(options.maxWaiting, 10_000), 0, Number.MAX_SAFE_INTEGER),
    acquireTimeoutMs: check.validTimeout('acquireTimeoutMs', options.acquireTimeoutMs, Number.POSITIVE_INFINITY),
    leakDetection: check.validChoice('leakDetection', leakDetection, leakLevels),
    heldTooLongMs: check.validNumber('heldTooLongMs', given(options.heldTooLongMs, 0), 0, check.longestTimerMs),
    debug: check.validChoice('debug', debug, ['off', 'poison', 'revoke']),
    pressure: pressureSettings(options.memoryPressure, shrinkInterval, limit)
  }
  checkTogether(settings, pooling)
  // Last, so that a refused option takes no number of the default names.
  return { ...settings, name: nameOrDefault(options.name, 'pool') }
}

const leakLevels = ['off', 'count', 'sample', 'all'] as const

function checkTogether(settings: Omit<ArenaSettings, 'name'>, pooling: boolean): void {
  const { reserve, maxSize, sizes, maxIdleBytes, maxLiveBytes } = settings
  const reserveBytes = reserve * sizes.reduce((sum, size) => sum + size, 0)
  if (maxSize < 1) throw check.invalid('initialSize', 'at least 1 where autoScale is false', 0)
  if (reserve > maxSize) throw check.invalid('initialSize', `at most maxSize, which is ${maxSize}`, reserve)
  if (pooling && reserveBytes > Math.min(maxIdleBytes, maxLiveBytes)) {
    const bound = Math.min(maxIdleBytes, maxLiveBytes)
    throw check.invalid('initialSize', `such that its ${reserveBytes} bytes fit maxLiveBytes and maxIdleBytes, ${bound}`, reserve)
  }
  if (settings.debug === 'revoke' && !canRevoke) {
    throw check.invalid('debug', `'off' or 'poison' on Node ${process.versions.node}: 'revoke' needs 22`, 'revoke')
  }
}

/** A value, unless it is absent; null is not absent, but wrong. */
function given<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value
}

function environment<T extends string>(variable: string, choices: readonly T[], fallback: T): T {
  const value = process.env[variable]
  if (value === undefined || value === '') return fallback
  const choice = choices.find((one) => one === value)
  if (choice !== undefined) return choice
  const known = choices.map((one) => `'${one}'`).join(', ')
  throw new PoolError(
    'ERR_POOL_INVALID_OPTION',
    `the variable ${variable} of the environment must be one of ${known}; it is '${value.slice(0, 20)}'. Correct it, or unset it.`
  )
}

function pressureSettings(
  options: MemoryPressureOptions | false | undefined,
  shrinkInterval: number,
  limitBytes: number
): ArenaPressureSettings | undefined {
  if (options === false || (options === undefined && shrinkInterval === 0)) return undefined
  const chosen = options === undefined ? {} : options
  check.validOptions('memoryPressure', chosen, ['elevated', 'critical', 'growth', 'intervalMs', 'usedBytes'])
  const bytesOf = (name: string, threshold: number | undefined) => {
    if (threshold === undefined) return undefined
    check.validNumber(name, threshold, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER)
    return threshold <= 1 ? threshold * limitBytes : threshold
  }
  const elevated = bytesOf('memoryPressure.elevated', chosen.elevated)
  const critical = bytesOf('memoryPressure.critical', chosen.critical)
  const elevatedBytes = elevated ?? Math.min(0.8 * limitBytes, critical ?? Number.POSITIVE_INFINITY)
  const criticalBytes = critical ?? Math.max(0.9 * limitBytes, elevatedBytes)
  if (criticalBytes < elevatedBytes) {
    throw check.invalid('memoryPressure.critical', `no less than memoryPressure.elevated, ${elevatedBytes} bytes`, criticalBytes)
  }
  const usedBytes =
    chosen.usedBytes === undefined ? process.memoryUsage.rss : check.validFunction('memoryPressure.usedBytes', chosen.usedBytes)
  const intervalMs = check.validInteger(
    'memoryPressure.intervalMs',
    given(chosen.intervalMs, shrinkInterval || 30_000),
    1,
    check.longestTimerMs
  )
  const growth = check.validChoice('memoryPressure.growth', given(chosen.growth, 'allow'), ['allow', 'refuse'])
  return { elevatedBytes, criticalBytes, limitBytes, usedBytes, intervalMs, refusesGrowth: growth === 'refuse' }
}
