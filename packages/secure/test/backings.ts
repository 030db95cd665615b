import { isPoolError } from '@pool/core'
import { SecureBufferPool } from '../src/index.js'

/** Whether guarded memory can be had here; where sodium-native has no binary, its tests are skipped and say so. */
export const hasSodium: boolean = canMake()

/** The backings that can be tested here. */
export const backings: readonly ('heap' | 'sodium')[] = hasSodium ? ['heap', 'sodium'] : ['heap']

/** Both ways to fill. */
export const fills = ['zero', 'random'] as const

function canMake(): boolean {
  try {
    new SecureBufferPool({ backing: 'sodium' }).destroy()
    return true
  } catch (error) {
    if (isPoolError(error, 'ERR_POOL_SECURE_UNAVAILABLE')) return false
    throw error
  }
}
