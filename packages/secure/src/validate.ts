import { PoolError } from '@pool/core'

/** The error for a value that may not be what it is; never quotes strings or objects, which may hold a secret. */
export function invalid(name: string, expected: string, value: unknown): PoolError {
  return new PoolError('ERR_POOL_INVALID_OPTION', `${name} must be ${expected}; it is ${shown(value)}.`)
}

function shown(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A whole number in `min..max`. */
export function validInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(name, `an integer in ${min}..${max}`, value)
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

/** A text that is not empty. */
export function validName(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 200) return value
  throw invalid(name, 'a string of 1 to 200 characters', value)
}

/** A function. */
export function validFunction<T>(name: string, value: T): T {
  if (typeof value === 'function') return value
  throw invalid(name, 'a function', value)
}

/** An object whose keys are all known: a misspelt option would else be silently ignored. */
export function validOptions(name: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(name, 'an object', value)
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new PoolError('ERR_POOL_INVALID_OPTION', `${name} has an unknown key; it has ${known.join(', ')}.`)
  }
}

/** The longest delay that Node's timers take, in ms. */
export const longestTimerMs: number = 2 ** 31 - 1

/** A timeout in ms, above 0; Infinity for none. */
export function validTimeout(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback
  if (value === Number.POSITIVE_INFINITY) return value
  if (typeof value === 'number' && value > 0 && value <= longestTimerMs) return value
  throw invalid(name, `a number of ms above 0 and up to ${longestTimerMs}, or Infinity`, value)
}

/** An AbortSignal, or none. */
export function optionalSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value
  throw invalid('signal', 'an AbortSignal', value)
}

/** Whether a value is a promise or acts as one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') && 'then' in value && typeof value.then === 'function'
  )
}
