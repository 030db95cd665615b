/**
 * Equal blocks and variable extents in one slab, as typed arrays: in Node.js, in browsers, beside WebAssembly.
 * @module
 */
export { BlockPool } from './block-pool.js'
export type { BlockPoolOptions, BlockStrategy } from './block-pool-options.js'
export { type Capabilities, capabilities } from './capabilities.js'
export type { CoalesceReport } from './coalescings.js'
export type { CompactionReport, CompactOptions } from './compaction.js'
export type { Extent } from './extent.js'
export type { ExtentAudit } from './extent-audit.js'
export { ExtentPool } from './extent-pool.js'
export type { ExtentPoolOptions } from './extent-pool-options.js'
export type { FreeRuns } from './free-blocks.js'
export { type SampleFigures, SamplePool } from './sample-pool.js'
export type { SamplePoolOptions, SampleStrategy } from './sample-pool-options.js'
export type { SampleState } from './sample-segment.js'
export { type Region, Slab, type SlabOptions } from './slab.js'
export type { Backing, BackingKind, WebAssemblyMemory } from './slab-memory.js'
export type { SlabWindow } from './slab-window.js'
export type { TypedArray, TypedArrayConstructor } from './typed-array.js'
