/**
 * Checks of arguments, for authors of pools and of packages on pools: the same refusals everywhere, none of which quotes content. No
 * `node:` import, so that it runs in a browser too. Each check gives the value back or throws `ERR_POOL_INVALID_OPTION`, a message with
 * the option's name, its allowed values, and its value.
 * @module
 */

import type { BufferSource } from '../interfaces/buffer-source.js'
import type { PoolSources, StatsDirectory, StatsSource } from '../interfaces/stats-source.js'
import { PoolError } from './errors.js'

/** The error for a value that is not allowed; never quotes strings or objects, which may hold content. */
export function invalid(name: string, expected: string, value: unknown): PoolError {
  return new PoolError('ERR_POOL_INVALID_OPTION', `${name} must be ${expected}; it is ${shown(value)}.`)
}

/** A value for a message: numbers, booleans and nothing as they are, of all else the type alone. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A whole number in `min..max`. */
export function validInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(name, `an integer in ${min}..${max}`, value)
}

/** A whole number in `min..max`, or Infinity. */
export function validBound(name: string, value: unknown, min: number, max: number): number {
  return value === Number.POSITIVE_INFINITY ? value : validInteger(name, value, min, max)
}

/** A number in `min..max`. */
export function validNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw invalid(name, `a number in ${min}..${max}`, value)
}

/** A power of two in `1..max`, `max` being below 2³¹. */
export function validPowerOfTwo(name: string, value: unknown, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max && (value & (value - 1)) === 0) return value
  throw invalid(name, `a power of two in 1..${max}`, value)
}

/** One of a few words. */
export function validChoice<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T
  throw invalid(name, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value)
}

/** True or false. */
export function validBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'true or false', value)
}

/** A text of 1 to 200 characters. */
export function validName(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 200) return value
  throw invalid(name, 'a string of 1 to 200 characters', value)
}

/** A function. */
export function validFunction<T>(name: string, value: T): T {
  if (typeof value === 'function') return value
  throw invalid(name, 'a function', value)
}

/** A listener of an event. */
export function validListener<T>(event: PropertyKey, listener: T): T {
  return validFunction(`listener of '${String(event)}'`, listener)
}

/** Whether `value` is a promise or works like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayBe = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return mayBe && typeof (value as { then?: unknown }).then === 'function'
}

/** An object of options. A pool, or several, in their place are refused: they have no keys, and would be silently ignored. */
export function optionsObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalid(name, 'an object', value)
  const isPools = ['lease', 'stats', 'sources', Symbol.iterator].some((method) => can(value, method))
  if (isPools) throw invalid(name, 'an object such as { pool } or { pools }, and not a pool or a list itself', value)
}

/** An object whose keys are all known: a misspelt option would else be silently ignored. */
export function validOptions(name: string, value: unknown, known: readonly string[]): void {
  optionsObject(name, value)
  for (const key of Object.keys(value as object)) {
    if (!known.includes(key)) {
      throw new PoolError('ERR_POOL_INVALID_OPTION', `${name} has no '${key.slice(0, 50)}'; it has ${known.join(', ')}.`)
    }
  }
}

/** The longest delay that Node's timers take, in ms. */
export const longestTimerMs: number = 2 ** 31 - 1

/** Milliseconds to wait; 0 for not at all. */
export function validWait(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= longestTimerMs) return value
  throw invalid(name, `a number of ms in 0..${longestTimerMs}`, value)
}

/** A timeout in ms, above 0; `fallback` where there is none, Infinity for none. */
export function validTimeout(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (value === Number.POSITIVE_INFINITY) return value
  if (typeof value === 'number' && value > 0 && value <= longestTimerMs) return value
  throw invalid(name, `a number of ms above 0 and up to ${longestTimerMs}, or Infinity`, value)
}

/** The option `signal`: an AbortSignal, or none. */
export function optionalSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw invalid('signal', 'an AbortSignal', value)
}

/** A source of buffers, recognised by its methods, since an application may hold two copies of core. */
export function validSource<B extends Uint8Array>(name: string, value: BufferSource<B>): BufferSource<B> {
  if (can(value, 'lease') && can(value, 'leaseAsync') && typeof value.maxBytes === 'number') return value
  throw invalid(name, 'a pool, such as new SizeClassPool(), with lease(), leaseAsync() and maxBytes', value)
}

/**
 * The option `pools`, as every package of the family takes it, and `manager`, its name of old.
 * @param fallback - the pools where neither is given; without it, one of them is required
 * @returns a directory; pools of an iterable are read anew at each call of its `sources()`
 */
export function validPools(given: PoolsOption, fallback?: StatsDirectory): StatsDirectory {
  const { pools, manager } = given
  if (manager === undefined) return pools === undefined && fallback !== undefined ? fallback : directoryOf('pools', pools)
  if (pools !== undefined) throw new PoolError('ERR_POOL_INVALID_OPTION', 'manager is the old name of pools; give pools alone.')
  const directory = directoryOf('manager', manager)
  if (!warnedOfManager) {
    warnedOfManager = true
    const message = "the option 'manager' is deprecated; give the same value as 'pools'."
    ;(globalThis as Warns).process?.emitWarning?.(message, { type: 'DeprecationWarning', code: 'POOL_DEP_MANAGER' })
  }
  return directory
}

/** The options that name pools. */
export interface PoolsOption {
  /** The pools: one, several, or a directory of them. */
  readonly pools?: PoolSources | undefined
  /** @deprecated the old name of `pools`. */
  readonly manager?: PoolSources | undefined
}

/** Node's `process`, which a browser does not have. */
interface Warns {
  readonly process?: { emitWarning?(message: string, options: { type: string; code: string }): void }
}

let warnedOfManager = false

function directoryOf(name: string, pools: PoolSources | undefined): StatsDirectory {
  if (can(pools, 'sources')) return pools as StatsDirectory
  if (can(pools, 'stats')) {
    const only = [pools as StatsSource]
    return { sources: () => only }
  }
  const several = pools as Iterable<StatsSource>
  if (!can(several, Symbol.iterator)) throw invalid(name, 'a pool, an iterable of pools, or a directory such as livePools', pools)
  if (Object.is(several[Symbol.iterator](), several)) {
    throw invalid(name, 'iterable again and again, such as an array; this one is spent once it was read', pools)
  }
  for (const pool of several) if (!can(pool, 'stats')) throw invalid(name, 'pools, each with stats()', pool)
  return { sources: () => several }
}

/** Whether `value` is an object with this method. */
export function can(value: unknown, method: PropertyKey): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Record<PropertyKey, unknown>)[method] === 'function'
}
