import { PoolError } from '@pool/core/interfaces'
import { shown } from '@pool/core/validate'
import { homeOfBlock } from './block-brand.js'

/** The pool that refuses. */
interface Refuser {
  readonly name: string
  readonly blocks: number
}

/** The pool was destroyed. */
export function closed(pool: { readonly name: string }): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `pool '${pool.name}' was destroyed. Make a new one, or destroy it later.`)
}

/** No index of the pool. */
export function noIndex(pool: Refuser, index: unknown): PoolError {
  return new PoolError(
    'ERR_POOL_INVALID_INDEX',
    `pool '${pool.name}' has blocks 0..${pool.blocks - 1}; ${shown(index)} is none of them. Use what indexOf() or getIndex() returned.`
  )
}

/** A block that is not out. */
export function notOut(pool: Refuser, index: number): PoolError {
  return new PoolError(
    'ERR_POOL_DOUBLE_RELEASE',
    `pool '${pool.name}': block ${index} is free; it was returned before, or never taken. Return each block once.`
  )
}

/** A run that was returned before. */
export function runReturned(pool: Refuser, start: number, count: number): PoolError {
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

/** What the pool did not make. */
export function foreign(pool: { readonly name: string }, value: unknown): PoolError {
  const home = homeOfBlock(value)
  const owner = home !== undefined && 'name' in home ? `it belongs to pool '${home.name}'; return it there` : undefined
  const remedy = ArrayBuffer.isView(value)
    ? (owner ?? 'no pool made it; return the very view that was handed out, not a subarray or a copy, or its index')
    : 'it is no view'
  return new PoolError('ERR_POOL_FOREIGN_BUFFER', `pool '${pool.name}' did not make what was returned: ${remedy}.`)
}
