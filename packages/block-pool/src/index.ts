/**
 * Equal blocks and variable extents in one slab, as typed arrays: in Node.js, in browsers, beside WebAssembly.
 * @module
 */

export type { TypedArray, TypedArrayConstructor } from '@pool/core/kit/universal'
export { BlockPool, type BlockState } from './blocks/block-pool.js'
export type { BlockPoolOptions, BlockStrategy, PrivateBlockPoolOptions } from './blocks/block-pool-options.js'
export type { CoalesceReport } from './blocks/coalescings.js'
export type { FreeRuns } from './blocks/free-list.js'
export type { CompactionReport, CompactOptions } from './extents/compaction.js'
export type { Extent } from './extents/extent.js'
export type { ExtentAudit } from './extents/extent-audit.js'
export { ExtentPool } from './extents/extent-pool.js'
export type { ExtentPoolOptions } from './extents/extent-pool-options.js'
export type { EventPriority, Optimization, SlabPoolEvents, SlabPoolListener } from './pool/pool-events.js'
export type { SlabPool } from './pool/slab-pool.js'
export type { ValidationCriterion, ValidationReport } from './pool/validation-report.js'
export { type SampleFigures, SamplePool } from './samples/sample-pool.js'
export type { SampleBacking, SamplePoolOptions, SampleStrategy } from './samples/sample-pool-options.js'
export type { BytesIn, OverAnyMemory, PrivateArrayConstructor, SamplesIn } from './slab/array-types.js'
export { type Capabilities, capabilities } from './slab/capabilities.js'
export { type Region, Slab, type SlabOptions } from './slab/slab.js'
export type { Backing, BackingKind, BufferIn, PrivateBacking, WebAssemblyMemory } from './slab/slab-memory.js'
export type { SlabWindow } from './slab/slab-window.js'
