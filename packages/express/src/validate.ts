import { PoolError } from '@pool/core'

/** The error for an option that may not be what it is. */
export function invalid(name: string, expected: string, value: unknown): PoolError {
  const isPlain = value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean'
  const shown = isPlain ? String(value) : typeof value === 'object' ? 'an object' : `a ${typeof value}`
  return new PoolError('ERR_POOL_INVALID_OPTION', `${name} must be ${expected}; it is ${shown}.`)
}

/** An object whose keys are all known: a misspelt option would else be silently ignored. */
export function validOptions(name: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(name, 'an object', value)
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new PoolError('ERR_POOL_INVALID_OPTION', `${name} has no '${key.slice(0, 50)}'; it has ${known.join(', ')}.`)
    }
  }
}

/** True or false. */
export function validBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'true or false', value)
}

/** A whole number in `min..max`. */
export function validInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(name, `an integer in ${min}..${max}`, value)
}

/** The longest delay that Node's timers take, in ms. */
const longestTimerMs = 2 ** 31 - 1

/** Milliseconds to wait, 0 for not at all. */
export function validWait(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= longestTimerMs) return value
  throw invalid(name, `a number of ms in 0..${longestTimerMs}`, value)
}

/** Seconds, as `retry-after` has them. */
export function validRetryAfter(name: string, value: unknown): number {
  return validInteger(name, value, 0, 86_400 * 365)
}
