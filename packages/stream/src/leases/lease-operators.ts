import { Readable } from 'node:stream'
import { disposeValue, pushOwned, readOwned, releaseUnread } from './lease-side.js'

type Call = { readonly signal?: AbortSignal | undefined }
type Options = { readonly signal?: AbortSignal; readonly concurrency?: number }
type Each = (value: unknown, call: Call) => unknown
type Values = AsyncIterable<unknown>

/** A value that a filter does not let pass. */
const refused = Symbol('refused')

/**
 * The results of `each` for the values of `source`, by Node's `map`, which reads ahead. A lease that it read and never gave to `each` is
 * released, and so is one that `each` gave back and the consumer did not take.
 */
async function* mapped(source: Values, each: Each, options: Options | undefined): AsyncGenerator<unknown> {
  const untaken = new Set<unknown>()
  let unseen: unknown
  let isOver = false
  async function* values(): AsyncGenerator<unknown> {
    for await (const value of source) {
      unseen = value
      try {
        yield value
      } finally {
        disposeValue(unseen)
      }
    }
  }
  const seen = async (value: unknown, call: Call = {}): Promise<unknown> => {
    unseen = undefined
    const result = await each(value, call)
    if (isOver) drop(result)
    else untaken.add(result)
    return result
  }
  try {
    for await (const result of Readable.prototype.map.call(values() as never, seen, options as never) as Values) {
      untaken.delete(result)
      if (result !== refused) yield result
    }
  } finally {
    isOver = true
    for (const result of untaken) drop(result)
  }
}

function drop(result: unknown): void {
  if (result instanceof Portion) result.dispose()
  else disposeValue(result)
}

/** The values that `test` lets pass; the others are released. */
function filtered(source: Values, test: Each, options: Options | undefined): AsyncGenerator<unknown> {
  const check: Each = async (value, call) => {
    let passes: unknown
    try {
      passes = await test(value, call)
    } catch (error) {
      disposeValue(value)
      throw error
    }
    if (passes) return value
    disposeValue(value)
    return refused
  }
  return mapped(source, check, options)
}

async function* dropped(source: Values, count: number): AsyncGenerator<unknown> {
  let left = count
  for await (const value of source) {
    if (left-- > 0) disposeValue(value)
    else yield value
  }
}

async function* taken(source: Values, count: number): AsyncGenerator<unknown> {
  let left = count
  for await (const value of source) {
    // As Node's, it ends the source of `take(0)` at its first value.
    if (left-- > 0) yield value
    else disposeValue(value)
    if (left <= 0) return
  }
}

/** A value, and the values that the function of `flatMap` made of it. */
class Portion {
  readonly #value: unknown
  readonly #values: unknown
  #isBegun = false

  constructor(value: unknown, values: unknown) {
    this.#value = value
    this.#values = Array.isArray(values) ? [...values] : values
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    this.#isBegun = true
    const values = this.#values
    if (Array.isArray(values)) while (values.length > 0) yield values.shift()
    else yield* values as Values
  }

  /** Releases the leases that the consumer did not take. A generator that was never begun has released nothing of its value. */
  dispose(): void {
    if (Array.isArray(this.#values)) disposeValue(this.#values)
    else if (!this.#isBegun && /Generator\]$/.test(Object.prototype.toString.call(this.#values))) disposeValue(this.#value)
  }
}

/** The values that `each` makes of each value of `source`, one after the other. */
async function* flattened(source: Values, each: Each, options: Options | undefined): AsyncGenerator<unknown> {
  const portionOf: Each = async (value, call) => new Portion(value, await each(value, call))
  for await (const portion of mapped(source, portionOf, options) as AsyncIterable<Portion>) {
    try {
      yield* portion
    } finally {
      portion.dispose()
    }
  }
}

async function* indexed(source: Values): AsyncGenerator<unknown> {
  let index = 0
  for await (const value of source) yield [index++, value]
}

async function* recorded(source: Values, seen: unknown[]): AsyncGenerator<unknown> {
  for await (const value of source) {
    seen.push(value)
    yield value
  }
}

/** Has Node check the arguments of one of its operators, for its errors. */
function checked(name: 'map' | 'drop', argument: unknown, options: Options | undefined): Options | undefined {
  ;(Readable.prototype[name] as (...all: unknown[]) => Readable).call(Readable.from([]), argument, options)
  return options
}

function countOf(argument: unknown, options: Options | undefined): number {
  checked('drop', argument, options)
  return Math.trunc(Number(argument)) || 0
}

/** Whether a value of `source` passes `test`. */
async function hasAny(source: Values, test: Each, options: Options | undefined): Promise<boolean> {
  for await (const value of filtered(source, test, checked('map', test, options))) {
    disposeValue(value)
    return true
  }
  return false
}

const operators = {
  map(this: Readable, each: Each, options?: Options): Readable {
    return new LeaseReadable(mapped(this, each, checked('map', each, options)), options?.signal)
  },
  filter(this: Readable, test: Each, options?: Options): Readable {
    return new LeaseReadable(filtered(this, test, checked('map', test, options)), options?.signal)
  },
  drop(this: Readable, limit: number, options?: Options): Readable {
    return new LeaseReadable(dropped(this, countOf(limit, options)), options?.signal)
  },
  take(this: Readable, limit: number, options?: Options): Readable {
    return new LeaseReadable(taken(this, countOf(limit, options)), options?.signal)
  },
  flatMap(this: Readable, each: Each, options?: Options): Readable {
    return new LeaseReadable(flattened(this, each, checked('map', each, options)), options?.signal)
  },
  async toArray(this: Readable, options?: Options): Promise<unknown[]> {
    const seen: unknown[] = []
    try {
      return await Readable.prototype.toArray.call(recorded(this, seen) as never, options)
    } catch (error) {
      disposeValue(seen)
      throw error
    }
  },
  async forEach(this: Readable, each: Each, options?: Options): Promise<void> {
    const call: Each = async (value, context) => {
      await each(value, context)
    }
    for await (const _ of mapped(this, call, checked('map', each, options)));
  },
  async find(this: Readable, test: Each, options?: Options): Promise<unknown> {
    for await (const value of filtered(this, test, checked('map', test, options))) return value
    return undefined
  },
  some(this: Readable, test: Each, options?: Options): Promise<boolean> {
    return hasAny(this, test, options)
  },
  async every(this: Readable, test: Each, options?: Options): Promise<boolean> {
    checked('map', test, options)
    return !(await hasAny(this, async (value, call) => !(await test(value, call)), options))
  },
  // Node 20 alone has it.
  ...('asIndexedPairs' in Readable.prototype && {
    asIndexedPairs(this: Readable, options?: Options): Readable {
      return new LeaseReadable(indexed(this), options?.signal)
    }
  })
}

/**
 * Gives a class of streams whose values are leases operators that lose none: `map`, `filter`, `flatMap`, `drop`, `take`, `forEach`, `find`,
 * `some`, `every`, `toArray`. Node's own read ahead, and drop the leases that they read when the consumer wants no more. The leases in an array count as
 * the array does.
 *
 * The functions of `map`, `flatMap` and `forEach` own the leases that they get; those of `filter`, `find`, `some` and `every` look at a lease, which is
 * released unless it is passed on.
 */
export function addLeaseOperators(prototype: Readable): void {
  for (const [name, value] of Object.entries(operators)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true })
  }
}

/** The error of Node's operators. */
function nullValue(): Error {
  return Object.assign(new TypeError('May not write null values to stream'), { code: 'ERR_STREAM_NULL_VALUES' })
}

/** A stream of the leases that `values` yields. Leases that were not read when it is destroyed are released. */
class LeaseReadable extends Readable {
  readonly #values: AsyncIterator<unknown>

  constructor(values: Values, signal: AbortSignal | undefined) {
    super({ objectMode: true, highWaterMark: 1, ...(signal === undefined ? {} : { signal }) })
    this.#values = values[Symbol.asyncIterator]()
  }

  // biome-ignore lint/suspicious/noExplicitAny: as Node's types have it.
  override read(size?: number): any {
    return readOwned(this, size)
  }

  override async _read(): Promise<void> {
    let result: IteratorResult<unknown>
    try {
      result = await this.#values.next()
      // It would end the stream.
      if (!result.done && result.value === null) throw nullValue()
    } catch (error) {
      this.destroy(error as Error)
      return
    }
    if (this.destroyed) disposeValue(result.value)
    // Out of the promise, so that an error of a listener is an uncaught exception as in every stream.
    else process.nextTick(pushOwned, this, result.done ? null : result.value)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    releaseUnread(this)
    // A signal that aborted before destroys the stream while it is being made.
    if (!(#values in this)) callback(error)
    else Promise.resolve(this.#values.return?.()).then(() => callback(error), callback)
  }
}

addLeaseOperators(LeaseReadable.prototype)
