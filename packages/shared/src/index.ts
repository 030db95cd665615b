/**
 * One pool of equal blocks for many threads: Node.js workers, browser workers, AudioWorklets, beside WebAssembly.
 * @module
 */

export type { TypedArray, TypedArrayConstructor } from '@pool/core/kit/universal'
export type { SharedPoolMode } from './ground.js'
export type { HeldBlock } from './held-blocks.js'
export type { SharedPoolStats, ThreadStats } from './pool-figures.js'
export type { SharedWebAssemblyMemory } from './pool-memory.js'
export type { AudioThread, BrowserThread, NodeThread, WatchedThread } from './proof-of-death.js'
export { SharedPool } from './shared-pool.js'
export type { SharedPoolOptions } from './shared-pool-options.js'
export type { SharedPoolToken } from './token.js'
