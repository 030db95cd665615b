import { randomFillSync } from 'node:crypto'
import type { Slot } from './slot.js'

/**
 * Overwrites a lost secret with random bytes. Not with zeroes: a view that somebody made from `secret.buffer` by hand may still be in
 * use, and a computation with garbage fails, where one with a key of zeroes goes on.
 */
export function overwrite(slot: Slot): void {
  if (!slot.region.noAccess && !slot.isDetached) randomFillSync(slot.bytes)
}
