import { PoolError } from '@pool/core/interfaces'

/** The error for a value that may not be what it is; never quotes strings or objects, which may hold content. */
export function invalid(name: string, expected: string, value: unknown): PoolError {
  return new PoolError('ERR_POOL_INVALID_OPTION', `${name} must be ${expected}; it is ${shown(value)}.`)
}

/** A value for a message. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** An option, or its default where it was left out; `null` is no way to leave one out. */
export function orDefault<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value
}

/** A whole number in `min..max`. */
export function validInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(name, `an integer in ${min}..${max}`, value)
}

/** A number in `min..max`. */
export function validNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw invalid(name, `a number in ${min}..${max}`, value)
}

/** A power of two in `1..max`. */
export function validPowerOfTwo(name: string, value: unknown, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max && (value & (value - 1)) === 0) return value
  throw invalid(name, `a power of two in 1..${max}`, value)
}

/** One of a few words. */
export function validChoice<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T
  throw invalid(name, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value)
}

/** A text that is not empty. */
export function validName(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 200) return value
  throw invalid(name, 'a string of 1 to 200 characters', value)
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
