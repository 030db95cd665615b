import type { ObservePoolsOptions } from './observe-pools-options.js'
import type { Observables } from './pool-observer.js'

/** Whether a meter does nothing. A no-op meter of any copy of the api gives the same instrument for every name. */
export function isNoOp(observables: Observables): boolean {
  return new Set(observables.values()).size < observables.size
}

/** Warns that nothing will be exported, with the reason. */
export function warnOfNoOp(options: ObservePoolsOptions): void {
  const message = `observePools() got a no-op meter, so no pool will be exported: ${reasonOf(options)}`
  process.emitWarning(message, { type: 'PoolMetricsWarning', code: 'POOL_OTEL_NOOP_METER' })
}

function reasonOf({ meter, meterProvider }: ObservePoolsOptions): string {
  if (meter !== undefined) return 'the meter that was given is one. Take it from the MeterProvider of an SDK.'
  if (meterProvider !== undefined) return 'the meterProvider that was given makes nothing else. Give that of an SDK.'
  // Every 1.x copy of the api keeps registered providers here. A copy newer than the one that registered does not see them.
  const shared = (globalThis as { [key: symbol]: { version?: string; metrics?: unknown } | undefined })[
    Symbol.for('opentelemetry.js.api.1')
  ]
  if (shared?.metrics === undefined) {
    return 'no MeterProvider is registered yet. Register that of an SDK before you call observePools(), or give it as meterProvider.'
  }
  return (
    `a MeterProvider is registered with @opentelemetry/api ${shared.version}, and this package resolves to another copy of it that ` +
    'cannot see it. Install one copy alone, or give the provider as meterProvider.'
  )
}
