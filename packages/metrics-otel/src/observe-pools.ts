import { type BatchObservableResult, type Meter, metrics, type Observable, trace, ValueType } from '@opentelemetry/api'
import type { FiguresSource } from '@pool/core/interfaces'
import { liveFigures, livePools, validPools } from '@pool/core/kit/universal'
import packageJson from '../package.json' with { type: 'json' }
import { FigureInstruments } from './figure-instruments.js'
import { isNoOp, warnOfNoOp } from './no-op-meter.js'
import { checkOptions, type ObservePoolsOptions } from './observe-pools-options.js'
import { PoolObserver } from './pool-observer.js'
import { classInstruments, failuresInstrument, type Instrument, poolInstruments } from './semconv.js'
import { traceWaits } from './wait-spans.js'

/** Pools that are observed. */
export interface PoolObservation {
  /**
   * Observes them no longer. Figures of the moment are observed as 0 at the next collection, since an SDK would else report the last
   * ones for ever; counters stay where they are. Doing it again does nothing.
   */
  stop(): void
}

const scope = packageJson.name

/**
 * Observes every pool's figures at each collection, and at no other time: an acquire costs as much as without it. Pools made
 * later are observed by themselves; figures of the moment of a destroyed one are observed as 0 once, and its counts stay. A pool that throws is left out and
 * counted in `pool.observation.failures`. The sources announced to `liveFigures` are observed beside them (option `figures`). Warns
 * (`POOL_OTEL_NOOP_METER`) when the meter does nothing, with the reason.
 * @throws `ERR_POOL_INVALID_OPTION`. Nothing is observed then.
 */
export function observePools(options: ObservePoolsOptions = {}): PoolObservation {
  checkOptions(options)
  const directory = validPools(options, livePools)
  const { meterProvider = metrics.getMeterProvider(), attributes = {}, traceWaits: traced = false } = options
  const meter = options.meter ?? meterProvider.getMeter(scope, packageJson.version)

  const instruments = [...poolInstruments, ...classInstruments, failuresInstrument]
  const observables = new Map(instruments.map((instrument): [Instrument, Observable] => [instrument, observableOf(meter, instrument)]))
  if (isNoOp(observables)) warnOfNoOp(options)
  const { figures = (options.pools ?? options.manager) === undefined } = options
  const figureInstruments = new FigureInstruments()
  const sources = figures ? { directory: liveFigures, instruments: figureInstruments } : undefined
  const observer = new PoolObserver(directory, observables, attributes, sources)
  let all: Observable[] = []
  let isStopped = false
  const callback = async (result: BatchObservableResult) => {
    await observer.observe(result)
    // Not before something was awaited: the SDK goes through its callbacks while it starts them.
    if (isStopped) meter.removeBatchObservableCallback(callback, all)
  }
  const listen = (): void => {
    if (all.length > 0) meter.removeBatchObservableCallback(callback, all)
    all = [...observables.values()]
    meter.addBatchObservableCallback(callback, all)
  }
  const addInstruments = (source: FiguresSource): boolean => {
    const added = figureInstruments.add(source)
    for (const instrument of added) observables.set(instrument, observableOf(meter, instrument))
    return added.length > 0
  }
  if (figures) for (const source of liveFigures.sources()) addInstruments(source)
  listen()
  const unwatch = figures ? liveFigures.watch((source) => addInstruments(source) && listen()) : undefined

  const tracer = traced === true ? trace.getTracer(scope, packageJson.version) : traced
  const endTracing = tracer === false ? undefined : traceWaits(directory, tracer)
  return {
    stop() {
      isStopped = true
      unwatch?.()
      observer.stop()
      endTracing?.()
    }
  }
}

function observableOf(meter: Meter, { name, description, unit, kind }: Instrument): Observable {
  const options = { description, unit, valueType: kind === 'gauge' ? ValueType.DOUBLE : ValueType.INT }
  if (kind === 'counter') return meter.createObservableCounter(name, options)
  if (kind === 'upDownCounter') return meter.createObservableUpDownCounter(name, options)
  return meter.createObservableGauge(name, options)
}
