import { PoolError, shown } from '@pool/core/kit/universal'
import type { BlockTraces } from './debug/block-traces.js'
import { holderMask, idle, inFlight, type Layout, withdrawn } from './layout.js'

/** Records that contradict each other. */
export function corrupt(complaint: string): PoolError {
  return new PoolError(
    'ERR_POOL_CORRUPT',
    `${complaint}: the records of the shared memory were overwritten. Look for what writes past its block.`
  )
}

/** The thread left the pool. */
export function detached(name: string): PoolError {
  return new PoolError('ERR_POOL_CLOSED', `this thread detached from pool '${name}'. Attach again, with a token.`)
}

/** No block became free in time. */
export function timedOut(name: string, timeoutMs: number): PoolError {
  return new PoolError(
    'ERR_POOL_ACQUIRE_TIMEOUT',
    `pool '${name}': no block became free within ${timeoutMs} ms. Raise blocks or timeoutMs, or release sooner.`
  )
}

/** The thread may not sleep. */
export function mayNotBlock(name: string): PoolError {
  return new PoolError(
    'ERR_POOL_MAY_NOT_BLOCK',
    `pool '${name}': this thread may not sleep. Use acquireAsync() here, or acquire() in a worklet.`
  )
}

/** Without shared memory only the thread that made a pool knows of the others. */
export function notTheMaker(name: string): PoolError {
  return new PoolError(
    'ERR_POOL_NO_SHARED_MEMORY',
    `pool '${name}' has no shared memory, so only the thread that made it makes tokens, watches and reaps. Call it there.`
  )
}

/** Blocks that travel have no address. */
export function noAddress(name: string): PoolError {
  return new PoolError(
    'ERR_POOL_NO_SHARED_MEMORY',
    `pool '${name}' has no shared memory, where a block would have an offset. Use view(), or make the pool on a page that is cross-origin isolated.`
  )
}

/** An end of a ring belongs to another thread. */
export function ringTaken(what: 'sends' | 'receives', number: number, owner: number): PoolError {
  return new PoolError(
    'ERR_POOL_RING_TAKEN',
    `the thread in seat ${owner} ${what} on channel ${number}, a ring, which is for one sender and one receiver. Use another one, or a channel that is not a ring.`
  )
}

/** Every seat is taken. */
export function noSeat(threads: number): PoolError {
  return new PoolError(
    'ERR_POOL_NO_SEAT',
    `all ${threads} seats of the pool are taken. Raise threads, detach threads that are done, or watch() them so that the dead give theirs up.`
  )
}

/** Why a thread may not use a handle: it is not one, or stale, or the block is free, or another thread's. In debug mode, also where that began. */
export function refusalOf(
  name: string,
  layout: Layout,
  words: Int32Array,
  handle: unknown,
  seat: number,
  traces: BlockTraces | undefined
): PoolError {
  const { blocks, epochStep, firstBlockWord } = layout
  const index = typeof handle === 'number' ? handle & (epochStep - 1) : -1
  if (typeof handle !== 'number' || !Number.isInteger(handle) || handle < 0 || handle >= 2 ** 30 || index >= blocks) {
    return new PoolError(
      'ERR_POOL_FOREIGN_BUFFER',
      `pool '${name}' did not make the handle ${shown(handle)}. Use what acquire() or receive() returned, unless it is -1.`
    )
  }
  const trace = traces?.of(index)
  const taken = trace === undefined ? '' : `\nTaken by ${trace.takenAt}`
  const given = trace === undefined ? '' : `\nGiven back or sent by ${trace.givenAt}`
  const word = words[firstBlockWord + index] as number
  const holder = word & holderMask
  if ((word & -epochStep) !== (handle & -epochStep)) {
    return new PoolError(
      'ERR_POOL_STALE_HANDLE',
      `pool '${name}': handle ${handle} is an old one; block ${index} was acquired or received again since. Drop a handle when it is released or sent.${taken}`
    )
  }
  if (holder === 0 || (word & idle) !== 0) {
    return new PoolError('ERR_POOL_DOUBLE_RELEASE', `pool '${name}': block ${index} was released before. Release each handle once.${given}`)
  }
  if (holder >= inFlight && holder !== withdrawn) {
    return new PoolError(
      'ERR_POOL_DOUBLE_RELEASE',
      `pool '${name}': block ${index} was sent on channel ${holder - inFlight}. It is its receiver's; drop the handle once send() returned true.${given}`
    )
  }
  return new PoolError(
    'ERR_POOL_FOREIGN_BUFFER',
    `pool '${name}': block ${index} belongs to the thread in seat ${holder}; this one has seat ${seat}. Hand blocks over by send() and receive().${taken}`
  )
}
