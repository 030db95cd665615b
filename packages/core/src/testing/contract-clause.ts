import type { BufferSource } from '../interfaces/buffer-source.js'
import type { PoolObservable } from '../interfaces/observer.js'
import type { StatsSource } from '../interfaces/stats-source.js'

/** A pool under the contract: a source of buffers that reports its figures. */
export interface ContractPool extends BufferSource<Uint8Array>, StatsSource {
  /** Where the pool has events, the clauses on listeners that act on the pool run too. */
  once?: PoolObservable['once']
  /** Ends the pool. */
  destroy?(): void
}

/** The properties of the pools that the contract asks for. */
export interface ContractPoolOptions {
  /** The pool serves at least one size up to this many bytes. */
  readonly bytes: number
  /** The most buffers of that size that the pool ever has out. */
  readonly maxBuffers: number
}

/** One clause: a title for the test runner, and the function to run. */
export interface ContractClause {
  /** States the behaviour. */
  readonly title: string
  /** Resolves when the pool behaves so; rejects with an assertion error when it does not. */
  run(): Promise<void>
}
