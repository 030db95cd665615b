import type { Attributes, Meter, MeterProvider, Tracer } from '@opentelemetry/api'
import { PoolError, type StatsDirectory, type StatsSource } from '@pool/core/interfaces'

/** What to observe, and through what. Give `pools` or `manager`, one of them. */
export interface ObservePoolsOptions {
  /** The pools themselves; read anew at each collection, so that a `Set` may grow and shrink. */
  readonly pools?: Iterable<StatsSource>
  /** Whoever knows the pools: `poolManager`, `livePools`, or a directory of your own. Asked at each collection. */
  readonly manager?: StatsDirectory
  /** Makes the instruments. Default: a meter of `meterProvider`. */
  readonly meter?: Meter
  /** Default: the global one of `@opentelemetry/api`. Not together with `meter`. */
  readonly meterProvider?: MeterProvider
  /** Attributes of every observation, beside the pool's name and the size class. They are constant, so they add no series. */
  readonly attributes?: Attributes
  /** Makes a span of every wait: true for one of the global tracer provider, or a tracer. Default false. */
  readonly traceWaits?: boolean | Tracer
}

const names = ['pools', 'manager', 'meter', 'meterProvider', 'attributes', 'traceWaits']

/** Checks the options; throws `ERR_POOL_INVALID_OPTION`, naming the one that is wrong. */
export function checkOptions(options: ObservePoolsOptions): void {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'an object')
  const unknown = Object.keys(options).find((key) => !names.includes(key))
  if (unknown !== undefined) throw invalid('options', `an object with ${names.join(', ')} alone; it has '${unknown.slice(0, 50)}'`)
  const { meter, meterProvider, attributes, traceWaits } = options
  if (meter !== undefined && !has(meter, 'addBatchObservableCallback')) throw invalid('meter', 'a Meter of @opentelemetry/api 1.3 or newer')
  if (meterProvider !== undefined && !has(meterProvider, 'getMeter')) throw invalid('meterProvider', 'a MeterProvider')
  if (meter !== undefined && meterProvider !== undefined) throw invalid('meter or meterProvider', 'given, one of them and not both')
  if (attributes !== undefined && (typeof attributes !== 'object' || attributes === null)) throw invalid('attributes', 'an object')
  if (traceWaits !== undefined && typeof traceWaits !== 'boolean' && !has(traceWaits, 'startSpan')) {
    throw invalid('traceWaits', 'true, false or a Tracer')
  }
}

/** Whoever knows the pools that the options name; throws `ERR_POOL_INVALID_OPTION`. */
export function directoryOf({ pools, manager }: ObservePoolsOptions): StatsDirectory {
  if ((pools === undefined) === (manager === undefined)) throw invalid('pools or manager', 'given, one of them and not both')
  if (manager !== undefined) {
    if (has(manager, 'sources')) return manager
    throw invalid('manager', 'something with sources(), such as poolManager or livePools')
  }
  if (pools === undefined || !has(pools, Symbol.iterator)) throw invalid('pools', 'an iterable of pools, such as an array')
  const iterator = pools[Symbol.iterator]()
  if (Object.is(iterator, pools)) throw invalid('pools', 'iterable again and again; this one is spent once it was read. Use an array')
  for (const pool of pools) if (!has(pool, 'stats')) throw invalid('pools', 'pools, each with stats()')
  return { sources: () => pools }
}

function has(value: unknown, method: PropertyKey): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Record<PropertyKey, unknown>)[method] === 'function'
}

function invalid(name: string, expected: string): PoolError {
  return new PoolError('ERR_POOL_INVALID_OPTION', `${name} must be ${expected}.`)
}
