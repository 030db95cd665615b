import { PoolError } from '@pool/core'
import type { SecurePoolSettings } from '../secure-pool-options.js'
import type { Backing } from './backing.js'
import { HeapBacking } from './heap-backing.js'
import { loadSodium } from './sodium.js'
import { SodiumBacking, unlocked } from './sodium-backing.js'

/**
 * The memory that a pool works on. `firstBytes` is the length of the region that it will ask for first.
 * @throws `ERR_POOL_SECURE_UNAVAILABLE` when guarded memory was asked for and there is none; `ERR_POOL_SECURE_UNLOCKED` when locked
 * memory is required and there is none
 */
export function chooseBacking(settings: SecurePoolSettings, firstBytes: number): Backing {
  const { name, backing, requireLocked, protectIdle } = settings
  const sodium = backing === 'heap' ? "The pool's backing is 'heap'." : loadSodium()
  if (typeof sodium !== 'string') return new SodiumBacking(sodium, { name, requireLocked, protectIdle }, firstBytes)
  if (requireLocked) throw unlocked(name, sodium)
  if (backing === 'sodium') {
    throw new PoolError('ERR_POOL_SECURE_UNAVAILABLE', `pool '${name}': ${sodium} Install it, or choose backing 'auto' or 'heap'.`)
  }
  return new HeapBacking(sodium)
}
