/**
 * Advice on a pool's options, drawn from its figures.
 * @module
 */

export { bestSizes, type ChosenSizes } from './advising/best-sizes.js'
export { type Recommendation, type RecommendationKind, recommend } from './advising/recommend.js'
export type { SizeBucket, SizeHistogram } from './interfaces/size-histogram.js'
export type { PoolStats, SizeClassStats } from './interfaces/stats-source.js'
