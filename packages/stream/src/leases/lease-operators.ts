import { Readable } from 'node:stream'
import type { Lease } from '@pool/core'
import { can } from '@pool/core/kit'

type Call = { readonly signal?: AbortSignal | undefined }
type Options = { readonly signal?: AbortSignal; readonly concurrency?: number }
type Each = (value: unknown, call: Call) => unknown
type Values = AsyncIterable<unknown>

/** A value that a filter does not let pass. */
const refused = Symbol('refused')

function isLease(value: unknown): value is Lease {
  return can(value, 'retain') && can(value, 'release')
}

function dispose(value: unknown): void {
  if (isLease(value)) value[Symbol.dispose]()
}

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
        dispose(unseen)
      }
    }
  }
  const seen = async (value: unknown, call: Call = {}): Promise<unknown> => {
    unseen = undefined
    const result = await each(value, call)
    if (isOver) dispose(result)
    else if (isLease(result)) untaken.add(result)
    return result
  }
  try {
    for await (const result of Readable.prototype.map.call(values() as never, seen, options as never) as Values) {
      untaken.delete(result)
      if (result !== refused) yield result
    }
  } finally {
    isOver = true
    for (const lease of untaken) dispose(lease)
  }
}

/** The values that `test` lets pass; the others are released. */
function filtered(source: Values, test: Each, options: Options | undefined): AsyncGenerator<unknown> {
  const check: Each = async (value, call) => {
    let passes: unknown
    try {
      passes = await test(value, call)
    } catch (error) {
      dispose(value)
      throw error
    }
    if (passes) return value
    dispose(value)
    return refused
  }
  return mapped(source, check, options)
}

async function* dropped(source: Values, count: number): AsyncGenerator<unknown> {
  let left = count
  for await (const value of source) {
    if (left-- > 0) dispose(value)
    else yield value
  }
}

async function* taken(source: Values, count: number): AsyncGenerator<unknown> {
  let left = count
  if (left <= 0) return
  for await (const value of source) {
    yield value
    if (--left <= 0) return
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
    dispose(value)
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
  }
}

/**
 * Gives a class of streams whose values are leases operators that lose none: `map`, `filter`, `drop`, `take`, `forEach`, `find`, `some`,
 * `every`. Node's own read ahead, and drop the leases that they read when the consumer wants no more.
 *
 * The functions of `map` and `forEach` own the leases that they get; those of `filter`, `find`, `some` and `every` look at a lease, which is
 * released unless it is passed on.
 */
export function addLeaseOperators(prototype: Readable): void {
  for (const [name, value] of Object.entries(operators)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true })
  }
}

/** A stream of the leases that `values` yields. Leases that were not read when it is destroyed are released. */
class LeaseReadable extends Readable {
  readonly #values: AsyncIterator<unknown>

  constructor(values: Values, signal: AbortSignal | undefined) {
    super({ objectMode: true, highWaterMark: 1, ...(signal === undefined ? {} : { signal }) })
    this.#values = values[Symbol.asyncIterator]()
  }

  override async _read(): Promise<void> {
    try {
      const { done, value } = await this.#values.next()
      if (this.destroyed) dispose(value)
      else this.push(done ? null : value)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.removeAllListeners('data')
    while (this.readableLength > 0) {
      const value = this.read() as unknown
      if (value === null) break
      dispose(value)
    }
    // A signal that aborted before destroys the stream while it is being made.
    if (!(#values in this)) callback(error)
    else Promise.resolve(this.#values.return?.()).then(() => callback(error), callback)
  }
}

addLeaseOperators(LeaseReadable.prototype)
