import type { Attributes, Meter, MeterProvider, Tracer } from '@opentelemetry/api'
import { PoolError, type PoolSources } from '@pool/core/interfaces'
import { can, invalid, validBoolean, validOptions } from '@pool/core/kit/universal'

/** The pools to observe, and the meter to observe them through. */
export interface ObservePoolsOptions {
  /**
   * The pools to observe: one, an iterable of them, or a directory such as `livePools` or `poolManager`. Read anew at each collection,
   * so that a `Set` may grow and shrink. Default: `livePools`, every pool of the process.
   */
  readonly pools?: PoolSources
  /** @deprecated the old name of `pools`. */
  readonly manager?: PoolSources
  /**
   * Whether the figures of connections, queues and all other sources announced to `liveFigures` are observed beside the pools.
   * Default: true where `pools` is not given, else false.
   */
  readonly figures?: boolean
  /** Makes the instruments. Default: a meter of `meterProvider`. */
  readonly meter?: Meter
  /** Default: the global one of `@opentelemetry/api`. Not together with `meter`. */
  readonly meterProvider?: MeterProvider
  /** Attributes of every observation, beside the pool's name and the size class. They are constant, so they add no series. */
  readonly attributes?: Attributes
  /** Makes a span of every wait: true for one of the global tracer provider, or a tracer. Default false. */
  readonly traceWaits?: boolean | Tracer
}

const names = ['pools', 'manager', 'figures', 'meter', 'meterProvider', 'attributes', 'traceWaits']

/** Checks the options; throws `ERR_POOL_INVALID_OPTION`, naming the one that is wrong. */
export function checkOptions(options: ObservePoolsOptions): void {
  validOptions('options', options, names)
  const { figures, meter, meterProvider, attributes, traceWaits } = options
  if (figures !== undefined) validBoolean('figures', figures)
  if (meter !== undefined && !can(meter, 'addBatchObservableCallback')) {
    throw invalid('meter', 'a Meter of @opentelemetry/api 1.3 or newer', meter)
  }
  if (meterProvider !== undefined && !can(meterProvider, 'getMeter')) throw invalid('meterProvider', 'a MeterProvider', meterProvider)
  if (meter !== undefined && meterProvider !== undefined) {
    throw new PoolError('ERR_POOL_INVALID_OPTION', 'give meter or meterProvider, not both.')
  }
  if (attributes !== undefined && (typeof attributes !== 'object' || attributes === null)) {
    throw invalid('attributes', 'an object', attributes)
  }
  if (traceWaits !== undefined && typeof traceWaits !== 'boolean' && !can(traceWaits, 'startSpan')) {
    throw invalid('traceWaits', 'true, false or a Tracer', traceWaits)
  }
}
