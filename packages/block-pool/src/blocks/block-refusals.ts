import { PoolError, shown } from '@pool/core/kit/universal'
import type { Named } from '../pool/refusals.js'
import { type BlockRun, homeOfBlock, runIn } from './block-brand.js'

/** The pool that refuses. */
interface Refuser extends Named {
  readonly blocks: number
}

/** No index of the pool. */
export function noIndex(pool: Refuser, index: unknown): PoolError {
  return new PoolError(
    'ERR_POOL_INVALID_INDEX',
    `pool '${pool.name}' has blocks 0..${pool.blocks - 1}; ${shown(index)} is none of them. Use what indexOf() or getIndex() returned.`
  )
}

/** An index of the pool. */
export function validIndex(pool: Refuser, index: unknown): void {
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= pool.blocks) throw noIndex(pool, index)
}

/** The run of the pool that `view` is. */
export function validRun(pool: Named, view: unknown): BlockRun {
  const run = runIn(pool, view)
  if (run === undefined) throw foreign(pool, view)
  return run
}

/** A block that is not out. */
export function notOut(pool: Refuser, index: number): PoolError {
  return new PoolError(
    'ERR_POOL_DOUBLE_RELEASE',
    `pool '${pool.name}': block ${index} is free; it was returned before, or never taken. Return each block once.`
  )
}

/** A run that was returned before. */
export function runReturned(pool: Refuser, { start, count }: BlockRun): PoolError {
  return new PoolError(
    'ERR_POOL_DOUBLE_RELEASE',
    `pool '${pool.name}': the run of ${count} blocks from ${start} on was returned before. Return each run once.`
  )
}

/** A part of a run. */
export function partOfRun(pool: Refuser, index: number): PoolError {
  return new PoolError(
    'ERR_POOL_PART_OF_RUN',
    `pool '${pool.name}': block ${index} belongs to a run. Return the view that getBlocks() returned, which returns all of it.`
  )
}

/** A value that the pool did not hand out. */
export function foreign(pool: Named, value: unknown): PoolError {
  const home = homeOfBlock(value)
  const owner = home !== undefined && 'name' in home ? `it belongs to pool '${home.name}'; return it there` : undefined
  const remedy = ArrayBuffer.isView(value)
    ? (owner ?? 'no pool made it; return the very view that was handed out, not a subarray or a copy, or its index')
    : 'it is no view'
  return new PoolError('ERR_POOL_FOREIGN_BUFFER', `pool '${pool.name}' did not make this value: ${remedy}.`)
}
