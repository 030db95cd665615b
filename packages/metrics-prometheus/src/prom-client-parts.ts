/**
 * The parts of `prom-client` that are used, each from a file of its own. The index loads OpenTelemetry, HTTP and the push gateway besides,
 * which takes four fifths of the time. They are the same classes and the same global registry as the index has.
 */
import type * as client from 'prom-client'
// @ts-expect-error prom-client has types for its index alone.
import counter from 'prom-client/lib/counter.js'
// @ts-expect-error as above.
import gauge from 'prom-client/lib/gauge.js'
// @ts-expect-error as above.
import histogram from 'prom-client/lib/histogram.js'
// @ts-expect-error as above.
import registry from 'prom-client/lib/registry.js'

/** A metric that only rises. */
export const Counter: typeof client.Counter = counter
/** A metric that rises and falls. */
export const Gauge: typeof client.Gauge = gauge
/** Counts by buckets. */
export const Histogram: typeof client.Histogram = histogram
/** The registry that `prom-client` exports as `register`. */
export const globalRegistry: client.Registry = registry.globalRegistry
