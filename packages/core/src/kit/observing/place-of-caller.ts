import { PooledLease } from '../leases/pooled-lease.js'

const framesKept = 16
const framesShown = 8

/** Files of the family where it is not bundled. */
const ownFile = /[/\\](?:@pool|packages)[/\\][a-z-]+[/\\](?:dist|src)[/\\]/
/** Whether a bundler has put this package into one file with its callers, so that file names don't separate its frames from theirs. */
const isBundled = !ownFile.test(new Error('').stack ?? '')

/**
 * Finds the place in the caller's code from which a pool is called, as text: a stack that is not formatted keeps the callers' objects alive,
 * and so might hide the very leak that it is to explain.
 */
export class CallerPlaces {
  readonly #prototype: object

  /** @param pool - the pool whose methods the caller calls */
  constructor(pool: object) {
    this.#prototype = Object.getPrototypeOf(pool)
  }

  /** The frames of the caller, the one that called the pool first. Some 10 µs; in a bundle some 40. */
  capture(): string {
    return isBundled ? fromBundle(this.#prototype) : fromFiles()
  }
}

function fromFiles(): string {
  const frames = framesAbove(fromFiles)
  const outside = frames.filter((frame) => !ownFile.test(frame))
  return shown(outside.length > 0 ? outside : frames)
}

/** V8 leaves out all frames above a function that it is given; the outermost of the pool's own functions leaves the fewest. */
function fromBundle(prototype: object): string {
  let fewest = framesAbove(fromBundle)
  for (const method of methodsOf(prototype)) {
    const frames = framesAbove(method)
    if (frames.length > 0 && frames.length < fewest.length) fewest = frames
  }
  return shown(fewest)
}

type Method = (...parameters: never[]) => unknown

function framesAbove(callee: Method): string[] {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = isBundled ? Number.POSITIVE_INFINITY : framesKept
  Error.captureStackTrace(holder, callee)
  Error.stackTraceLimit = limit
  return String(holder.stack).split('\n').slice(1)
}

function shown(frames: readonly string[]): string {
  return frames.slice(0, framesShown).join('\n')
}

const methods = new WeakMap<object, readonly Method[]>()

function methodsOf(prototype: object): readonly Method[] {
  const known = methods.get(prototype)
  if (known !== undefined) return known
  const found: Method[] = []
  for (const start of [prototype, PooledLease.prototype]) {
    for (let one = start; one !== null && one !== Object.prototype; one = Object.getPrototypeOf(one)) {
      for (const { value } of Object.values(Object.getOwnPropertyDescriptors(one))) if (typeof value === 'function') found.push(value)
      for (const symbol of [Symbol.dispose, Symbol.asyncDispose]) {
        const value: unknown = Object.getOwnPropertyDescriptor(one, symbol)?.value
        if (typeof value === 'function') found.push(value as Method)
      }
    }
  }
  methods.set(prototype, found)
  return found
}
