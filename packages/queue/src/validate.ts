/**
 * Proves that a Redis, and the clients beside this one, see messages byte for byte.
 * @module
 */
export type { Connect, Wire, WireTarget } from './client/wire.js'
export type { SerializeJson } from './validator/corpus.js'
export { type ValidateOptions, validateQueue } from './validator/validate-queue.js'
export { type Difference, type RouteFigures, reportTable, type ValidationReport } from './validator/validation-report.js'
