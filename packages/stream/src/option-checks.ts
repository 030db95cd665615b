import { type BufferSource, PoolError } from '@pool/core'

/** The error for an argument that can't be; never quotes strings or objects, which may hold content. */
export function refused(name: string, expected: string, value: unknown): PoolError {
  const isPlain = value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean'
  const shown = isPlain ? String(value) : typeof value === 'object' ? 'an object' : `a ${typeof value}`
  return new PoolError('ERR_POOL_INVALID_OPTION', `${name} must be ${expected}; it is ${shown}.`)
}

/** An object whose keys are all known: a misspelt option would else be silently ignored. */
export function knownOptions(value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('options', 'an object', value)
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw new PoolError('ERR_POOL_INVALID_OPTION', `options has no '${unknown.slice(0, 50)}'; it has ${known.join(', ')}.`)
}

/** A whole number in `min..max`. */
export function integerIn(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw refused(name, `an integer in ${min}..${max}`, value)
}

/** A whole number in `min..MAX_SAFE_INTEGER`, or Infinity. */
export function boundFrom(name: string, value: unknown, min: number): number {
  if (value === Number.POSITIVE_INFINITY) return value
  return integerIn(name, value, min, Number.MAX_SAFE_INTEGER)
}

/** One of a few words. */
export function oneOf<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T
  throw refused(name, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value)
}

/** A source of buffers, told by what it can do: an application may hold two copies of core. */
export function sourceOf(name: string, value: unknown): BufferSource<Buffer> {
  const source = value as Partial<BufferSource<Buffer>> | null | undefined
  const isSource =
    typeof source === 'object' &&
    source !== null &&
    typeof source.lease === 'function' &&
    typeof source.leaseAsync === 'function' &&
    typeof source.maxBytes === 'number'
  if (isSource) return source as BufferSource<Buffer>
  throw refused(name, 'a pool', value)
}

/** An AbortSignal, or none. */
export function signalOrNone(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw refused('signal', 'an AbortSignal', value)
}

/** Whether `value` is a promise or works like one. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
